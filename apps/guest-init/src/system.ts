import type { Channel } from "@boot2docker/protocol";

/**
 * The one door to the kernel and to other processes: everything else in this program decides, or acts through this.
 *
 * `openSystem()` (system/open-system.ts) is the real one, `testing/fake-system.ts` the one of the unit tests. Paths are
 * absolute. Errors of the kernel are passed on with their `code` (ENOENT, EBUSY …).
 */
export interface System {
  readonly files: Files;
  readonly mounts: Mounts;
  readonly processes: Processes;
  readonly clock: SystemClock;
  readonly keys: Keys;
  readonly network: Network;
  readonly pipes: Pipes;
  /** Opens the virtio-serial port of that name. Undefined when the machine has none. */
  openPort(name: string): Promise<Channel | undefined>;
  /** Resolves when the power button was pressed; never on a machine without one. */
  powerButton(signal: AbortSignal): Promise<void>;
  /** Gives back to the machine what this process does not need now. Blocks for some 50 ms. */
  releaseMemory(): void;
  /** Ends the machine at once, without a sync and without stopping anything. Returns only when the kernel refuses. */
  power(mode: PowerMode): void;
}

export type PowerMode = "poweroff" | "reboot";

export interface Owner {
  uid: number;
  gid: number;
}

interface WriteOptions {
  /** Permission bits; 0644 when not given. */
  mode?: number;
  owner?: Owner;
  /** Also flush file and directory, so that the content survives a power cut. */
  durable?: boolean;
}

interface FileFacts {
  kind: "file" | "directory" | "socket" | "other";
  sizeBytes: number;
}

export interface Files {
  /** Undefined when there is no such file. Whole files only: /proc and /sys work. */
  readText(path: string): Promise<string | undefined>;
  /** At most `maxBytes` from `offset`, fewer at the end; also of a block device. Fails with ENOENT. */
  readPart(path: string, offset: number, maxBytes: number): Promise<Uint8Array>;
  /** Names in it, sorted; empty when there is no such directory. */
  list(path: string): Promise<string[]>;
  /** Follows symbolic links. Undefined when there is nothing. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** Replaces the file as a whole: a reader sees the old content or the new one. Makes missing directories. */
  write(path: string, content: string | Uint8Array, options?: WriteOptions): Promise<void>;
  /** Writes into a file that is there, as /proc and /sys want it. */
  set(path: string, value: string | Uint8Array): Promise<void>;
  /** Bytes in the middle of a file or block device that is there, flushed to the medium. */
  overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void>;
  append(path: string, text: string): Promise<void>;
  /** With its parents. Idempotent; mode and owner are applied to a directory that is there, too. */
  makeDirectory(path: string, options?: { mode?: number; owner?: Owner }): Promise<void>;
  /** Makes `path` a symbolic link to `target`. Leaves alone whatever has that name already. */
  link(target: string, path: string): Promise<void>;
  /** Copies the file to `keepPath` and empties it in place, since its writers hold it open. */
  rotate(path: string, keepPath: string): Promise<void>;
  /**
   * Sets the time of the last change, to the nanosecond, which whoever watches the file takes for a change. Not done in this thread, for
   * a folder of the host may have to be waited for. A symbolic link is not followed.
   */
  touch(path: string, modifiedNs: bigint): Promise<void>;
  /** A folder with nothing in it: fails with ENOTEMPTY, EBUSY … */
  removeEmpty(path: string): Promise<void>;
  /** Where a symbolic link leads, as it is written there; undefined for everything else. */
  readLink(path: string): Promise<string | undefined>;
  /** With everything below. Idempotent. */
  remove(path: string): Promise<void>;
  /** Resolves when something has that name; its directory must be there. Woken by the kernel, not by a clock. */
  appears(path: string, signal: AbortSignal): Promise<void>;
  /** Whether what is made there is gone with the machine, or can't be made at all. */
  isInMemory(path: string): Promise<boolean>;
  /** Of the file system that holds `path`. */
  space(path: string): Promise<{ sizeBytes: number; freeBytes: number }>;
}

export interface MountSpec {
  source: string;
  /** Made when it is missing. */
  target: string;
  fstype: string;
  /** As in fstab, comma-separated. */
  options: string;
}

export interface Mounts {
  mount(spec: MountSpec): Promise<void>;
  /** `lazy` detaches it at once and cleans up when it is no longer busy. */
  unmount(target: string, how: "now" | "lazy"): Promise<void>;
  /** Flushes the file system that `path` is on. Not all of them: one that its server has left would be waited for. */
  sync(path: string): Promise<void>;
}

export interface RunResult {
  /** Null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process that lives now, told apart from a later one under the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal as long as it is the same process (field 22 of proc_pid_stat(5)). */
  startMark: string;
}

export interface ProcessSpec {
  argv: readonly [program: string, ...args: string[]];
  env: Readonly<Record<string, string>>;
  /** Both outputs are appended to this file, or `terminal` is its controlling terminal and all three of its streams. */
  io: { logPath: string } | { terminal: string };
}

export interface Processes {
  /** Runs to the end; outputs bounded to 1 MiB each. Killed when `signal` aborts. */
  run(argv: readonly [string, ...string[]], signal: AbortSignal, options?: { input?: string }): Promise<RunResult>;
  /** Starts a process in a session of its own. It outlives this one, and holds nothing that dies with this one. */
  start(spec: ProcessSpec): Promise<ProcessIdentity>;
  /** Undefined when no such process runs; a zombie does not run. */
  identify(pid: number): Promise<ProcessIdentity | undefined>;
  /** Resolves with what is known of its end when the process is gone, a child of ours or not. */
  exited(process: ProcessIdentity, signal: AbortSignal): Promise<string>;
  /** False when that process is gone already. */
  kill(process: ProcessIdentity, signalName: "SIGTERM" | "SIGKILL" | "SIGHUP"): Promise<boolean>;
  /** Pids of all others than PID 1, this process and the kernel's threads. */
  others(): Promise<number[]>;
  /** Signals everything but PID 1 and this process; see kill(2), pid -1. */
  killAll(signalName: "SIGTERM" | "SIGKILL"): void;
}

export interface SystemClock {
  now: () => Date;
  set(now: Date): void;
  /** Runs a little faster or slower until it has gained so much (adjtime(3)). Replaces what is left of an earlier one. */
  slew(ms: number): void;
  /** Since the kernel started; not moved by `set`. */
  uptimeMs: () => number;
  /** Rejects with the reason of `signal` when that aborts first. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts after `ms`, or with `signal` and its reason. */
  deadline(ms: number, signal: AbortSignal): AbortSignal;
  randomId(): string;
}

export interface CertificateFacts {
  /** SHA-256 of the certificate: no other has it. */
  fingerprint: string;
  matchesKey: boolean;
  signedByCa: boolean;
  validFrom: Date;
  validTo: Date;
  /** Subject alternative names, for example `DNS:localhost` or `IP Address:127.0.0.1`. */
  names: string[];
}

export interface Keys {
  /** A new P-256 key as PKCS#8 PEM. */
  create(): string;
  /** Its public half as SPKI PEM. Fails when the text is no private key. */
  publicKeyOf(privateKeyPem: string): string;
  /** Fails when one of the texts is not what it should be. */
  inspect(certificatePem: string, caPem: string, privateKeyPem: string): CertificateFacts;
}

/** Named pipes: fifo(7). */
export interface Pipes {
  /** Makes the pipe, and hears each line that is written into it for as long as this process lives. */
  listen(path: string, onLine: (line: string) => void): Promise<void>;
  /** Resolves when no process has the pipe open to write any more, at once where there is no pipe. */
  released(path: string): Promise<void>;
  /** One line. False when nobody has the pipe open to read. */
  tell(path: string, line: string): Promise<boolean>;
}

/** Where clients of a server wait that does not listen yet. */
export interface Gate {
  /** Nobody comes in any more. */
  shut(): void;
  /** Whoever still waits is sent away, as a server that is not there would do it. */
  sendAway(): void;
}

export type NameProtocol = "udp" | "tcp";
export interface NameClient {
  protocol: NameProtocol;
  /** Its address. */
  client: string;
}

export interface HttpResponse {
  status: number;
  body: string;
}

export interface Network {
  /** IPv4 and IPv6 addresses of interfaces that are up, link-local ones left out. */
  addresses(): { interface: string; address: string }[];
  /** One HTTP request to a unix socket; the files of `bodyPaths`, one behind the other, are sent as the body. */
  request(
    socketPath: string,
    request: { method: "GET" | "POST"; path: string; bodyPaths?: readonly string[] },
    signal: AbortSignal,
  ): Promise<HttpResponse>;
  /**
   * An HTTP server on a unix socket of root's, for as long as this process lives; what an earlier one left there goes. `answer` gets a
   * request's path and its body, of no more than `longestBytes`, and returns the response's, JSON.
   */
  serveRequests(
    socketPath: string,
    longestBytes: number,
    answer: (path: string, body: string) => Promise<string>,
  ): Promise<void>;
  /** One UDP datagram to a host by name or address, and the first that it sends back. */
  exchange(target: { host: string; port: number }, datagram: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** One question to a name server, as it stands in the message, and what it answers: RFC 1035, 4.2. */
  askNameServer(address: string, query: Uint8Array, protocol: NameProtocol, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Answers such questions at port 53 of an address of this machine for as long as this process lives; those without an answer are
   * dropped. Fails with EADDRINUSE.
   */
  serveNames(
    address: string,
    answer: (query: Uint8Array, from: NameClient) => Promise<Uint8Array | undefined>,
  ): Promise<void>;
  /**
   * Takes TCP connections on a port of all addresses, and passes each on to `target` as soon as that takes it. `onAnswered` hears
   * of the first. Fails with EADDRINUSE. All ends with `signal`.
   */
  openGate(
    port: number,
    target: { address: string; port: number },
    onAnswered: () => void,
    signal: AbortSignal,
  ): Promise<Gate>;
  /** Resolves when something takes a connection at the unix socket or the local TCP port. */
  connects(target: { socketPath: string } | { port: number }, signal: AbortSignal): Promise<void>;
}
