import type { Channel } from "@boot2docker/protocol";

/**
 * The one door to the operating system: everything else in this program decides, or acts through this.
 *
 * `openHost()` (host/open-host.ts) is the real one, `testing/fake-world.ts` the one of the unit tests. Paths are absolute.
 */
export interface Host {
  readonly platform: Platform;
  readonly arch: "x86_64" | "aarch64";
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** Where a path that is not absolute begins. */
  readonly workingDir: string;
  /** Of this process. */
  readonly pid: number;
  /** What starts this very program again, without arguments: the binary, or node and the script. */
  readonly self: readonly [command: string, ...args: string[]];
  readonly files: Files;
  readonly processes: Processes;
  readonly network: Network;
  readonly clock: Clock;
  /** Fails with the decoder's error where the stream is damaged or ends early. */
  decompressXz(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Throws for a text that is no PEM of its kind. */
  inspectCertificate(pem: string, caPem: string, keyPem: string): CertificateFacts;
  /** What a certificate says of itself. Throws for a text that is no PEM of one. */
  describeCertificate(pem: string): CertificateDescription;
  /** In PEM: authorities that an administrator or the user had this system trust beyond those that it came with. */
  addedAuthorities(): Promise<string[]>;
  /** What processors have spent on this process. */
  cpuMs(): number;
  /** For a process that waits for most of its life: its code is not optimized as far as it could be. */
  spareMemory(): void;
  /** Gives back to the system what this process does not need now. Blocks for some 50 ms. */
  releaseMemory(): void;
  resources(): { cpus: number; memoryBytes: number };
}

export interface CertificateDescription {
  subject: string;
  /** Of its DER form, as openssl-x509(1) prints it. */
  sha256: string;
  /** DNS names and IP addresses that it is for. */
  names: string[];
  expiresAt: Date;
}

export interface CertificateFacts {
  expiresAt: Date;
  /** Its signature was made with the CA's key. */
  isIssuedByCa: boolean;
  /** It is for this very key. */
  isOfKey: boolean;
}

export type Platform = "linux" | "darwin" | "win32";

export interface FileFacts {
  /** Of the path itself: a symbolic link is not followed. */
  kind: "file" | "directory" | "symlink" | "socket" | "other";
  sizeBytes: number;
  /** What it takes on the disk: less than its size where it has holes. */
  allocatedBytes: number;
  /** Permission bits. */
  mode: number;
  modifiedAt: Date;
}

/** Errors of the operating system are passed on as they are (`code` is ENOSPC, EACCES …). */
export interface Files {
  /** Undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** Follows the file's end no further than it was at the start. Fails with ENOENT when there is none. */
  readChunks(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** At most `maxBytes` from `offset`; an empty array at the end or without the file. */
  readPart(path: string, offset: number, maxBytes: number): Promise<Uint8Array>;
  /** Temporary file in the same directory, fsync, rename: a reader sees the old content or the new one, never less. */
  writeAtomic(path: string, content: string | Uint8Array): Promise<void>;
  /** Makes or replaces the file and flushes it to the disk. Not atomic: write elsewhere, then `rename`. */
  writeChunks(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<{ sizeBytes: number; sha256: string }>;
  append(path: string, text: string): Promise<void>;
  /** Cuts a file to nothing where it is: who appends to it goes on. */
  empty(path: string): Promise<void>;
  /** A new file of `start` and zeros, which take no space. Fails with EEXIST rather than touch one that is there. */
  createSparse(path: string, sizeBytes: number, start: string): Promise<void>;
  /**
   * A new file like `from`, private to the user and flushed, in which zeros take no space. Fails with EEXIST. `onProgress` gets bytes read so
   * far, and all.
   */
  copySparse(
    from: string,
    to: string,
    onProgress: (readBytes: number, allBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Makes a file longer, by zeros that take no space. Never makes one shorter. */
  grow(path: string, sizeBytes: number): Promise<void>;
  /** Bytes in the middle of a file that is there, flushed to the disk. */
  overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Hexadecimal, lower case. */
  sha256(path: string, signal: AbortSignal): Promise<string>;
  /** With its parents, 0700. Idempotent. */
  makeDirectory(path: string): Promise<void>;
  /** Names in it, sorted; empty when there is no such directory. */
  list(path: string): Promise<string[]>;
  /** Undefined when there is nothing. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** Where a symbolic link leads, as it is written there; undefined when the path is none. */
  readLink(path: string): Promise<string | undefined>;
  /** Fails with EEXIST rather than replace something. */
  symlink(target: string, path: string): Promise<void>;
  /** Of the file that all links lead to; the path itself when there is nothing. */
  realPath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  /** With everything below; symbolic links are removed, not followed. Idempotent. */
  remove(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;
  /** In nanoseconds since 1970; undefined when there is nothing. Of a symbolic link its own. */
  modifiedNs(path: string): Promise<bigint | undefined>;
  /**
   * Hears of the path of each thing that is changed, made or removed in a folder and in those below it. `node_modules` and `.git` are left
   * out, and what is behind a symbolic link; `onMissed` tells what else is. Fails with ENOENT.
   */
  watch(folder: string, onChange: (path: string) => void, onMissed: (reason: string) => void): Promise<Watch>;
  /** Undefined when somebody else holds it. The system ends it with the process, however that dies. */
  tryLock(path: string): Promise<Lock | undefined>;
}

export interface Watch {
  /** Idempotent. */
  close(): void;
}

/** Disposing of it gives it back. */
export type Lock = AsyncDisposable;

export interface RunResult {
  /** Null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process that lives now, told apart from a later one under the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal as long as it is the same process. */
  startMark: string;
  /** Program and arguments, joined by spaces. */
  commandLine: string;
}

export interface Processes {
  /** Runs to the end, output bounded to 1 MiB each. Killed when `signal` aborts. Fails with ENOENT without the program. */
  run(command: string, args: readonly string[], signal: AbortSignal): Promise<RunResult>;
  /** Runs a line of the user's shell, `words` behind it, on the user's terminal. Returns its exit code; null when a signal ended it. */
  runOnTerminal(shellLine: string, words: readonly string[]): Promise<number | null>;
  /**
   * Starts a process that outlives this one, in a session of its own, with both outputs appended to `logPath` and
   * files private to the user. `env` is added to that of this process. Fails with ENOENT without the program.
   */
  startDetached(
    command: string,
    args: readonly string[],
    logPath: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<ProcessIdentity>;
  /** Undefined when no such process runs; a zombie does not run. */
  identify(pid: number): Promise<ProcessIdentity | undefined>;
  /** Idempotent: false when that process is gone already. */
  kill(process: ProcessIdentity, how: "terminate" | "kill"): Promise<boolean>;
  /** Full path of a program on PATH; undefined when there is none. */
  find(command: string): Promise<string | undefined>;
}

export interface HttpsAnswer {
  status: number;
  body: string;
  /** What the server showed. */
  certificatePem: string;
}

/** Where an engine answers: on a unix socket of this host, or on a port of 127.0.0.1. */
export type EngineEnd = { socketPath: string } | TlsEnd;

export interface TlsEnd {
  /** On 127.0.0.1. */
  port: number;
  /** PEM texts for mutual TLS; `serverName` is what the server's certificate must be for. */
  ca: string;
  cert: string;
  key: string;
  serverName: string;
}

export interface HttpsRequest extends TlsEnd {
  path: string;
}

export interface Server extends AsyncDisposable {
  /** Stops listening and closes its connections. Idempotent. */
  close(): Promise<void>;
}

export interface SharedFolder {
  /** What clients ask for, and where it is. */
  path: string;
  readOnly: boolean;
}

export type Protocol = "tcp" | "udp";

export interface Network {
  /** Fails with ENOENT or ECONNREFUSED when nobody listens there. */
  connectUnix(path: string, signal: AbortSignal): Promise<Channel>;
  /** Private to the user; replaces a dead socket file. The channel is the callback's to close. */
  listenUnix(path: string, onConnection: (channel: Channel) => void): Promise<Server>;
  /** Whether 127.0.0.1:port can be listened on now. */
  isPortFree(port: number): Promise<boolean>;
  /** Why the address can't be listened on now, as the system's code (EADDRINUSE …); undefined when it can. */
  bindFailure(protocol: Protocol, address: string, port: number): Promise<string | undefined>;
  /** A port of 127.0.0.1 that nobody has. */
  freePort(protocol: Protocol): Promise<number>;
  /**
   * Listens, and passes on what comes to a port of 127.0.0.1, and back what that says. Fails with the system's code. A TCP
   * connection lives as long as both ends want, UDP clients are forgotten after `udpIdleMs`.
   */
  relay(protocol: Protocol, from: { address: string; port: number }, toPort: number): Promise<Server>;
  /**
   * Listens on a socket that is private to the user, and passes each connection on to the first that answers of those that
   * `dial` names. Where none does it is closed.
   */
  relayUnix(path: string, dial: () => Promise<readonly EngineEnd[]>): Promise<Server>;
  /**
   * An NFS server of those folders, on a socket that is private to the user; whoever connects acts as the user, and the user's
   * things belong to 1000:1000 for them. `folders` is asked each time; a folder is the same object for as long as it is the same.
   */
  serveFolders(
    path: string,
    folders: () => readonly SharedFolder[],
    /** A time of modification that a client gives a file back only to have its own watchers hear of it: the file keeps the one it has. */
    isAnnounced: (modifiedNs: bigint) => boolean,
  ): Promise<Server>;
  /** Addresses of both families, as the system's own programs find them: hosts file, VPN, multicast names. Empty for none. */
  lookup(name: string): Promise<string[]>;
  /** GET; body bounded to 16 MiB. A refusal by either side of TLS fails with its `code`. */
  httpsGet(request: HttpsRequest, signal: AbortSignal): Promise<HttpsAnswer>;
}

export interface Clock {
  now(): Date;
  /** Counts on whatever happens to the wall clock. */
  monotonicMs(): number;
  /** Aborts with a `TimeoutError` after `ms`, or with the reason of `signal`. */
  deadline(ms: number, signal: AbortSignal): AbortSignal;
  /** Rejects with the reason of `signal`. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
  /** 128 random bits in hexadecimal. */
  randomId(): string;
}
