import type { Channel } from "@boot2docker/protocol";
import type {
  CertificateFacts,
  Files,
  Gate,
  HttpResponse,
  MountSpec,
  ProcessIdentity,
  ProcessSpec,
  RunResult,
  System,
} from "../system.ts";
import { FakeClock } from "./fake-clock.ts";

const succeeded: RunResult = { code: 0, stdout: "", stderr: "" };

export interface FakeProcess extends ProcessIdentity {
  spec: ProcessSpec;
  end(how: string): void;
}

/** The real one is woken by the kernel; here a test that needs it at once can make the thing appear before. */
const APPEARS_POLL_MS = 100;

/**
 * A machine in memory. `history` holds every effect in the order in which it happened; what programs and the engine
 * answer is set by the test.
 */
export class FakeSystem implements System {
  readonly clock = new FakeClock();
  readonly history: string[] = [];
  /** Content by path. */
  readonly content = new Map<string, string | Uint8Array>();
  readonly running = new Map<number, FakeProcess>();
  /** By the first words of the command line; what is not here succeeds and says nothing. */
  readonly programs = new Map<string, RunResult>();
  /** By method and path. */
  readonly engine = new Map<string, HttpResponse | (() => HttpResponse)>();
  /** By certificate; what is not here is no certificate. */
  readonly certificates = new Map<string, CertificateFacts>();
  /** What others answer to a datagram. */
  datagrams: (target: { host: string; port: number }, datagram: Uint8Array) => Uint8Array = () => {
    throw new Error("ECONNREFUSED");
  };
  /** Sockets and ports that take connections. */
  readonly listening = new Set<string>();
  /** Targets of symbolic links. */
  readonly links = new Map<string, string>();
  /** Who hears what is written into a pipe. */
  readonly pipeReaders = new Map<string, (line: string) => void>();
  /** Ends what is held with a pipe. */
  readonly leases = new Map<string, () => void>();
  /** By port; `answer` is what a first client causes whose server is there. */
  readonly gates = new Map<number, { answer: () => void }>();
  /** Processes end when they are told to. */
  isObedient = false;
  /** Called with what is started. */
  onStart: (spec: ProcessSpec) => void = () => undefined;
  /** Mount points that are busy. */
  readonly busy = new Set<string>();
  /** What each opening of the port gives; undefined when the machine has none. */
  port: (() => Channel) | undefined;
  #pid = 100;
  readonly #exits = new Map<number, PromiseWithResolvers<string>>();

  /** The same machine as another guest-init finds it: what this one waits for does not happen to it any more. */
  successor(): FakeSystem {
    const next = new FakeSystem();
    for (const [path, content] of this.content) next.content.set(path, content);
    for (const name of this.listening) next.listening.add(name);
    for (const [name, answer] of this.engine) next.engine.set(name, answer);
    for (const { pid, spec } of this.running.values()) next.#run(pid, spec);
    next.#pid = this.#pid;
    return next;
  }

  files: Files = {
    readText: async (path) => this.#textOf(path),
    readPart: async (path, offset, maxBytes) => {
      const content = this.content.get(path);
      if (content === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return bytes.slice(offset, offset + maxBytes);
    },
    list: async (path) => {
      const names = [...this.content.keys()].flatMap((name) =>
        name.startsWith(`${path}/`) ? [name.slice(path.length + 1).split("/")[0] ?? ""] : [],
      );
      return [...new Set(names)].sort();
    },
    stat: async (path) => {
      const content = this.content.get(path);
      if (content !== undefined) return { kind: "file", sizeBytes: content.length };
      const isDirectory = [...this.content.keys()].some((name) => name.startsWith(`${path}/`));
      return isDirectory ? { kind: "directory", sizeBytes: 0 } : undefined;
    },
    write: async (path, content, { mode, durable } = {}) => {
      const how = [mode === undefined ? "" : ` ${mode.toString(8)}`, durable === true ? " durable" : ""].join("");
      this.history.push(`write ${path}${how}`);
      this.content.set(path, content);
    },
    set: async (path, value) => {
      this.history.push(`set ${path} ${String(value)}`);
    },
    overwrite: async (path, offset, bytes) => {
      this.history.push(`overwrite ${path} at ${offset}`);
      const content = this.content.get(path);
      if (!(content instanceof Uint8Array)) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
      content.set(bytes, offset);
    },
    append: async (path, text) => {
      this.content.set(path, `${this.#textOf(path) ?? ""}${text}`);
    },
    makeDirectory: async (path) => {
      this.history.push(`mkdir ${path}`);
    },
    link: async (target, path) => {
      this.history.push(`link ${path} ${target}`);
    },
    rotate: async (path, keepPath) => {
      this.history.push(`rotate ${path} ${keepPath}`);
      this.content.set(keepPath, this.content.get(path) ?? "");
      this.content.set(path, "");
    },
    remove: async (path) => {
      if (this.content.delete(path)) this.history.push(`remove ${path}`);
      for (const below of this.content.keys()) if (below.startsWith(`${path}/`)) this.content.delete(below);
    },
    appears: async (path, signal) => {
      while (!this.content.has(path) && !this.listening.has(path)) await this.clock.wait(APPEARS_POLL_MS, signal);
    },
    removeEmpty: async (path) => {
      this.history.push(`rmdir ${path}`);
      if ([...this.content.keys()].some((name) => name.startsWith(`${path}/`))) throw new Error("ENOTEMPTY");
      this.content.delete(path);
    },
    readLink: async (path) => this.links.get(path),
    touch: async (path, modifiedNs) => {
      this.history.push(`touch ${path} ${modifiedNs}`);
      if (!this.content.has(path)) throw new Error("ENOENT");
    },
    isInMemory: async (path) => !/^\/(mnt\/data|var\/lib)(\/|$)/.test(path),
    space: async () => ({ sizeBytes: 2 ** 32, freeBytes: 2 ** 31 }),
  };

  mounts = {
    mount: async ({ source, target, fstype, options }: MountSpec): Promise<void> => {
      this.history.push(`mount ${source} ${target} ${fstype} ${options}`);
      const info = `1 1 0:1 / ${target} ${options} - ${fstype} ${source} rw\n`;
      await this.files.append("/proc/self/mountinfo", info);
    },
    unmount: async (target: string, how: "now" | "lazy"): Promise<void> => {
      this.history.push(`unmount ${target} ${how}`);
      if (how === "now" && this.busy.has(target)) throw new Error("EBUSY");
    },
    sync: async (path: string): Promise<void> => {
      this.history.push(`sync ${path}`);
    },
  };

  processes = {
    run: async (argv: readonly string[]): Promise<RunResult> => {
      const line = argv.join(" ");
      this.history.push(`run ${line}`);
      const [, result] = [...this.programs].find(([start]) => line.startsWith(start)) ?? [];
      return result ?? succeeded;
    },
    start: async (spec: ProcessSpec): Promise<ProcessIdentity> => {
      this.history.push(`start ${spec.argv.join(" ")}`);
      this.onStart(spec);
      return this.addProcess(spec);
    },
    identify: async (pid: number): Promise<ProcessIdentity | undefined> => {
      const found = this.running.get(pid);
      return found && { pid, startMark: found.startMark };
    },
    exited: async ({ pid }: ProcessIdentity): Promise<string> => this.#exits.get(pid)?.promise ?? "it is gone",
    kill: async ({ pid }: ProcessIdentity, signalName: string): Promise<boolean> => {
      this.history.push(`kill ${pid} ${signalName}`);
      const found = this.running.get(pid);
      if (this.isObedient && signalName !== "SIGHUP") found?.end(`killed by ${signalName}`);
      return found !== undefined;
    },
    others: async (): Promise<number[]> => [...this.running.keys()],
    killAll: (signalName: string): void => {
      this.history.push(`kill all ${signalName}`);
      if (this.isObedient) for (const process of [...this.running.values()]) process.end(`killed by ${signalName}`);
    },
  };

  keys = {
    create: (): string => "new private key",
    publicKeyOf: (privateKeyPem: string): string => {
      if (!privateKeyPem.includes("private key")) throw new Error("no private key");
      return `public half of ${privateKeyPem}`;
    },
    inspect: (certificatePem: string): CertificateFacts => {
      const facts = this.certificates.get(certificatePem);
      if (facts === undefined) throw new Error(`"${certificatePem}" is no certificate`);
      return facts;
    },
  };

  network = {
    addresses: (): { interface: string; address: string }[] => [{ interface: "eth0", address: "10.0.2.15" }],
    request: async (
      socketPath: string,
      { method, path }: { method: string; path: string; bodyPaths?: readonly string[] },
    ): Promise<HttpResponse> => {
      const answer = this.engine.get(`${method} ${path}`);
      if (answer === undefined || !this.listening.has(socketPath)) throw new Error("ECONNREFUSED");
      return typeof answer === "function" ? answer() : answer;
    },
    exchange: async (target: { host: string; port: number }, datagram: Uint8Array): Promise<Uint8Array> =>
      this.datagrams(target, datagram),
    askNameServer: async (address: string, query: Uint8Array): Promise<Uint8Array> =>
      this.datagrams({ host: address, port: 53 }, query),
    serveRequests: async (socketPath: string): Promise<void> =>
      void this.history.push(`requests served at ${socketPath}`),
    serveNames: async (address: string): Promise<void> => void this.history.push(`names served at ${address}`),
    openGate: async (
      port: number,
      target: { address: string; port: number },
      onAnswered: () => void,
      signal: AbortSignal,
    ): Promise<Gate> => {
      if (this.listening.has(String(port))) throw Object.assign(new Error("EADDRINUSE"), { code: "EADDRINUSE" });
      this.history.push(`gate ${port} to ${target.address}:${target.port}`);
      this.gates.set(port, { answer: onAnswered });
      const close = (how: string): void => void this.history.push(`gate ${port} ${how}`);
      signal.addEventListener("abort", () => close("ends"), { once: true });
      return { shut: () => close("shut"), sendAway: () => close("sends away") };
    },
    connects: async (target: { socketPath: string } | { port: number }): Promise<void> => {
      const name = "port" in target ? String(target.port) : target.socketPath;
      if (!this.listening.has(name)) throw new Error("ECONNREFUSED");
    },
  };

  pipes = {
    listen: async (path: string, onLine: (line: string) => void): Promise<void> => {
      this.content.set(path, "");
      this.pipeReaders.set(path, onLine);
    },
    released: async (path: string): Promise<void> => {
      const lease = Promise.withResolvers<undefined>();
      this.leases.set(path, () => lease.resolve(undefined));
      await lease.promise;
    },
    tell: async (path: string, line: string): Promise<boolean> => {
      if (!this.content.has(path)) return false;
      this.history.push(`tell ${path} ${line}`);
      return true;
    },
  };

  openPort = async (): Promise<Channel | undefined> => this.port?.();

  timesReleased = 0;
  releaseMemory = (): void => void (this.timesReleased += 1);
  powerButton = async (signal: AbortSignal): Promise<void> => this.clock.wait(Number.MAX_SAFE_INTEGER, signal);

  power(mode: string): void {
    this.history.push(mode);
  }

  /** A process that runs, started by this guest-init or by an earlier one. */
  addProcess(spec: ProcessSpec): FakeProcess {
    this.#pid += 1;
    return this.#run(this.#pid, spec);
  }

  #run(pid: number, spec: ProcessSpec): FakeProcess {
    const exit = Promise.withResolvers<string>();
    const end = (how: string): void => {
      this.running.delete(pid);
      exit.resolve(how);
    };
    const added = { pid, startMark: `mark-${pid}`, spec, end };
    this.running.set(pid, added);
    this.#exits.set(pid, exit);
    return added;
  }

  #textOf(path: string): string | undefined {
    const content = this.content.get(path);
    return content instanceof Uint8Array ? new TextDecoder().decode(content) : content;
  }
}
