import { channelPair } from "@boot2docker/protocol/testing";
import type { Channel } from "@boot2docker/protocol";
import { runAgent } from "../agent/agent.ts";
import { describeCertificate, inspectCertificate } from "../host/certificate.ts";
import type {
  CertificateDescription,
  CertificateFacts,
  EngineEnd,
  Host,
  HttpsAnswer,
  HttpsRequest,
  ProcessIdentity,
  RunResult,
  SharedFolder,
} from "../host.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeDisk, filesOn } from "./fake-files.ts";
import { FakeVm } from "./fake-vm.ts";

class Killed extends Error {}

interface FakeProcess {
  identity: ProcessIdentity;
  /** What goes with it when it is killed. */
  onKill: (() => void)[];
}

/** How a program of the world runs to its end. */
export type Program = (args: readonly string[]) => RunResult | Promise<RunResult>;

const qemu = "/usr/bin/qemu-system-x86_64";

/**
 * A computer in memory: a disk, loopback ports, unix sockets, processes and a QEMU whose guests speak the real
 * protocol. What a process does stays when it dies; what it held goes.
 */
export class FakeWorld {
  readonly clock = new FakeClock();
  readonly disk = new FakeDisk(() => this.clock.now());
  env: Record<string, string | undefined> = { BOOT2DOCKER_DIR: "/root-dir", BOOT2DOCKER_IMAGE_DIR: "/image" };
  readonly listeners = new Map<string, (channel: Channel) => void>();
  /** Ports of 127.0.0.1 and who has them. */
  readonly ports = new Map<number, string>();
  /** Addresses that can't be listened on, and why; the code of bind(2). */
  readonly bindFailures = new Map<string, string>();
  /** What processes pass on: from where to which port of 127.0.0.1. */
  readonly relays = new Map<string, number>();
  /** Sockets that lead to engines. */
  readonly engines = new Map<string, () => Promise<readonly EngineEnd[]>>();
  /** What the last NFS server that was started has. */
  shares: () => readonly SharedFolder[] = () => [];
  /** What engines answer, by path. */
  readonly answers = new Map([["/_ping", "OK"]]);
  readonly programs = new Map<string, Program>();
  /** What a program does when it is started to go on by itself. */
  readonly daemons = new Map<string, (started: ProcessIdentity) => void>();
  /** What the user does in a program that has the terminal. Returns its exit code. */
  readonly editors: string[] = [];
  onTerminal: (line: string, words: readonly string[]) => number = () => 127;
  readonly processes = new Map<number, FakeProcess>();
  readonly vms: FakeVm[] = [];
  /** How the next guests behave. */
  guest: ConstructorParameters<typeof FakeVm>[2] = {};
  /** What made the host agents end, other than their own decision. */
  readonly agentFailures: unknown[] = [];
  platform: Host["platform"] = "linux";
  /** Addresses by name. */
  readonly names = new Map<string, string[]>();
  readonly authorities: string[] = [];
  readonly #locks = new Map<string, number>();
  #lastPid = 100;

  constructor() {
    this.programs.set(qemu, (args) =>
      args.includes("--version")
        ? { code: 0, stdout: "QEMU emulator version 9.0.0\n", stderr: "" }
        : { code: 33, stdout: "", stderr: "" },
    );
    this.programs.set("/usr/bin/ss", () => ({ code: 0, stdout: "", stderr: "" }));
  }

  get agents(): FakeProcess[] {
    return [...this.processes.values()].filter(({ identity }) => identity.commandLine.includes(" agent "));
  }

  /** A process of the user. With `diesAfter` it is killed at that effect, before the effect happens. */
  host(options: { diesAfter?: number; onDeath?: () => void } = {}): Host {
    const { pid } = this.#addProcess("boot2docker").identity;
    const { diesAfter, onDeath } = options;
    if (diesAfter === undefined) return this.#effects(pid);
    return mortal(this.#effects(pid), diesAfter, () => {
      this.kill(pid);
      onDeath?.();
    });
  }

  kill(pid: number): boolean {
    const process = this.processes.get(pid);
    if (process === undefined) return false;
    this.processes.delete(pid);
    for (const [path, holder] of this.#locks) if (holder === pid) this.#locks.delete(path);
    for (const release of process.onKill.splice(0)) release();
    return true;
  }

  #taken(port: number): string | undefined {
    return this.ports.has(port) ? "EADDRINUSE" : undefined;
  }

  #addProcess(commandLine: string): FakeProcess {
    this.#lastPid += 1;
    const pid = this.#lastPid;
    const added = { identity: { pid, startMark: `start-${pid}`, commandLine }, onKill: [] };
    this.processes.set(pid, added);
    return added;
  }

  #effects(pid: number): Host {
    const onKill = (release: () => void): void => void this.processes.get(pid)?.onKill.push(release);
    return {
      platform: this.platform,
      arch: "x86_64",
      env: this.env,
      homeDir: "/home/user",
      workingDir: "/home/user",
      pid,
      self: ["/usr/bin/boot2docker"],
      clock: this.clock,
      cpuMs: () => 0,
      spareMemory: () => undefined,
      releaseMemory: () => undefined,
      resources: () => ({ cpus: 4, memoryBytes: 32 * 2 ** 30 }),
      decompressXz: (chunks) => chunks,
      describeCertificate: describe,
      inspectCertificate: inspect,
      addedAuthorities: async () => this.authorities,
      files: {
        ...filesOn(this.disk),
        tryLock: async (path) => {
          if (this.#locks.has(path)) return undefined;
          if (!this.disk.entries.has(path)) this.disk.put(path, "");
          this.#locks.set(path, pid);
          return {
            [Symbol.asyncDispose]: async () => {
              if (this.#locks.get(path) === pid) this.#locks.delete(path);
            },
          };
        },
      },
      processes: {
        find: async (command) => [...this.programs.keys()].find((path) => path.split("/").at(-1) === command),
        run: async (command, args) => {
          const program = this.programs.get(command);
          if (program === undefined) throw new Error(`ENOENT: ${command}`);
          return program(args);
        },
        runOnTerminal: async (line, words) => this.onTerminal(line, words),
        identify: async (other) => this.processes.get(other)?.identity,
        kill: async (target) => this.kill(target.pid),
        startDetached: async (command, args) => this.#start(command, args),
      },
      network: {
        isPortFree: async (port) => !this.ports.has(port),
        bindFailure: async (_, address, port) => this.bindFailures.get(address) ?? this.#taken(port),
        freePort: async () => {
          let port = 40_000;
          while (this.ports.has(port)) port += 1;
          return port;
        },
        relay: async (protocol, { address, port }, toPort) => {
          const failure = this.bindFailures.get(address) ?? this.#taken(port);
          if (failure !== undefined) throw Object.assign(new Error(failure), { code: failure });
          const name = `${protocol} ${address} ${port}`;
          this.relays.set(name, toPort);
          const close = async (): Promise<void> => void this.relays.delete(name);
          onKill(() => void close());
          return { close, [Symbol.asyncDispose]: close };
        },
        serveFolders: async (path, folders) => {
          this.disk.put(path, "", { kind: "socket" });
          this.shares = folders;
          const close = async (): Promise<void> => undefined;
          return { close, [Symbol.asyncDispose]: close };
        },
        relayUnix: async (path, dial) => {
          this.disk.put(path, "", { kind: "socket" });
          this.engines.set(path, dial);
          const close = async (): Promise<void> => void this.engines.delete(path);
          onKill(() => void close());
          return { close, [Symbol.asyncDispose]: close };
        },
        lookup: async (name) => this.names.get(name) ?? [],
        httpsGet: (request) => this.#httpsGet(request),
        connectUnix: async (path) => {
          const listener = this.listeners.get(path);
          if (listener === undefined) throw new Error(`ECONNREFUSED: ${path}`);
          const pair = channelPair();
          onKill(() => void pair.host.close());
          listener(pair.guest);
          return pair.host;
        },
        listenUnix: async (path, onConnection) => {
          const channels = new Set<Channel>();
          const end = (): void => {
            if (this.listeners.get(path) === listener) this.listeners.delete(path);
            for (const channel of channels) void channel.close();
          };
          const listener = (channel: Channel): void => {
            channels.add(channel);
            onConnection(channel);
          };
          this.disk.put(path, "", { kind: "socket" });
          this.listeners.set(path, listener);
          onKill(end);
          const close = async (): Promise<void> => end();
          return { close, [Symbol.asyncDispose]: close };
        },
      },
    };
  }

  #start(command: string, args: readonly string[]): ProcessIdentity {
    const started = this.#addProcess([command, ...args].join(" "));
    const { pid } = started.identity;
    if (command === qemu) {
      const vm = new FakeVm(this, args, this.guest, () => void this.kill(pid));
      this.vms.push(vm);
      started.onKill.push(() => vm.end());
      vm.begin(pid);
      return started.identity;
    }
    const daemon = this.daemons.get(command);
    if (daemon !== undefined) {
      daemon(started.identity);
      return started.identity;
    }
    const [verb, name] = args;
    if (verb !== "agent" || name === undefined) throw new Error(`the world has no program ${command}`);
    const killed = new AbortController();
    started.onKill.push(() => killed.abort(new Killed()));
    const host = mortal(this.#effects(pid), Infinity, () => undefined, killed.signal);
    runAgent(host, name, new AbortController().signal)
      .catch((error: unknown) => {
        if (!killed.signal.aborted) this.agentFailures.push(error);
      })
      .finally(() => void this.kill(pid));
    return started.identity;
  }

  async #httpsGet({ port, path }: HttpsRequest): Promise<HttpsAnswer> {
    const vm = this.vms.find((candidate) => candidate.forwards.has(port));
    if (vm === undefined) throw new Error(`connect ECONNREFUSED 127.0.0.1:${port}`);
    const certificatePem = "server certificate";
    return vm.isReady
      ? { status: 200, body: this.answers.get(path) ?? "[]", certificatePem }
      : { status: 503, body: "starting", certificatePem };
  }
}

/** Real certificates are looked at for real; in place of others, texts that say what they are for. */
function inspect(pem: string, caPem: string, keyPem: string): CertificateFacts {
  if (pem.includes("BEGIN")) return inspectCertificate(pem, caPem, keyPem);
  return {
    expiresAt: new Date("2031-01-01T00:00:00Z"),
    isIssuedByCa: pem.includes(`by ${caPem}`),
    isOfKey: pem.includes(`for ${keyPem}`),
  };
}

function describe(pem: string): CertificateDescription {
  if (pem.includes("BEGIN")) return describeCertificate(pem);
  return { subject: pem, sha256: `sum of ${pem}`, names: ["m1"], expiresAt: new Date("2031-01-01T00:00:00Z") };
}

/**
 * The same host for a process that dies: from then on no effect of it happens, and nothing that it waits for comes.
 * That is what SIGKILL does: no `finally`, no clean-up.
 */
function mortal(host: Host, diesAfter: number, onDeath: () => void, killed?: AbortSignal): Host {
  let effects = 0;
  let isDead = false;
  const never = new Promise<never>(() => undefined);
  const guard = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          effects += 1;
          if (!isDead && (effects > diesAfter || killed?.aborted === true)) {
            isDead = true;
            onDeath();
          }
          if (isDead) return never;
          return Reflect.apply(value, target, args);
        };
      },
    });
  return { ...host, files: guard(host.files), processes: guard(host.processes), network: guard(host.network) };
}
