import type { PublishedPort, RefusedPort } from "@boot2docker/protocol";
import {
  answerPipe,
  DOCKER_PROXY_TEXT,
  leasePipe,
  parseProxyArguments,
  type ProxyRequest,
  REQUESTS_PIPE,
} from "./docker-proxy.ts";
import { isIPv4 } from "./ip-address.ts";
import type { Fields } from "./log.ts";
import { DOCKER_PROXY, PORTS_DIR } from "./paths.ts";
import { enterChain, type PortRule, readRules, writeRules } from "./port-rules.ts";
import { messageOf } from "./problem.ts";
import type { Gate, System } from "./system.ts";

/** Above what Linux hands out by itself, so that no connection of the guest's own has one. */
const FIRST_GUEST_PORT = 61_000;
const LAST_GUEST_PORT = 65_535;
/** Less than dockerd's proxy waits for. */
const HOST_LIMIT_MS = 10_000;
const RETRY_MS = 2_000;
const RULES_LIMIT_MS = 20_000;
/** How long a client waits for a server that is only just starting. */
const GATE_MS = 15_000;
/** What was on its way to the gate when the rule came. */
const GATE_DRAIN_MS = 1_000;

export interface PublishedPortsOptions {
  system: System;
  /** Tells the host all that are published. Returns those on which it can't answer; none while it is away. */
  tell: (ports: PublishedPort[], signal: AbortSignal) => Promise<RefusedPort[]>;
  report: (name: string, fields: Fields) => void;
}

/** A port of a container, and the guest's port that leads to it. */
interface Target {
  guestPort: number;
  request: ProxyRequest;
  /** The kernel passes on what comes: nothing of ours is in between. */
  hasRule: boolean;
  /** Resolves when something takes what comes. */
  opening?: Promise<void>;
  ended: AbortController;
}

/**
 * The ports that containers publish. dockerd starts a docker-proxy for each; what stands in its place asks here, and the
 * container starts when the host answers on the port, or not at all when it can't. The truth is what runs: a guest-init that
 * is started again reads it from the leases. docs/adr/0011
 */
export class PublishedPorts {
  readonly #options: PublishedPortsOptions;
  /** By the process that holds the lease. */
  readonly #requests = new Map<number, ProxyRequest>();
  readonly #targets = new Map<string, Target>();
  #isOpen = false;
  #telling: Promise<RefusedPort[]> = Promise.resolve([]);
  /** Not begun yet. */
  #next: Promise<RefusedPort[]> | undefined;
  #lastGuestPort = FIRST_GUEST_PORT - 1;
  #isInChain = false;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(options: PublishedPortsOptions) {
    this.#options = options;
  }

  /** Before dockerd is started. Takes over what an earlier guest-init had. Idempotent; may be repeated when it failed. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#isOpen) return;
    const { system } = this.#options;
    const { files, pipes } = system;
    await files.makeDirectory(PORTS_DIR, { mode: 0o700 });
    await files.write(DOCKER_PROXY, DOCKER_PROXY_TEXT, { mode: 0o755 });
    // An address of the host is none of the guest's, and the engine binds it all the same. ip-sysctl(7)
    for (const family of ["ipv4", "ipv6"]) {
      const key = `/proc/sys/net/${family}/ip_nonlocal_bind`;
      if ((await files.stat(key)) !== undefined) await files.set(key, "1");
    }
    // First: who asks from now on is heard, and who asked before is in the list.
    await pipes.listen(REQUESTS_PIPE, (line) => void this.#take(line));
    const left = (await files.list(PORTS_DIR)).flatMap((name) => /^(\d+)\.lease$/.exec(name)?.[1] ?? []);
    if (left.length > 0) {
      for (const { protocol, guestPort, containerAddress, containerPort } of await readRules(system, signal)) {
        const request = { protocol, containerAddress, containerPort, hostAddress: "", hostPort: 0 };
        this.#addTarget(request, guestPort).hasRule = true;
      }
      await Promise.all(left.map((pid) => this.#recall(Number(pid))));
      this.#sweepTargets();
      await this.#writeRules();
    }
    this.#isOpen = true;
    await this.announce();
  }

  /**
   * Tells the host all of them, once it knows them itself. One call at a time: whoever comes while one is under way gets the
   * answer of the next, which is of all by then.
   */
  announce(): Promise<RefusedPort[]> {
    if (!this.#isOpen) return Promise.resolve([]);
    this.#next ??= this.#telling.then(() => {
      this.#next = undefined;
      const told = this.#tell();
      this.#telling = told;
      return told;
    });
    return this.#next;
  }

  async #tell(): Promise<RefusedPort[]> {
    const { system, tell, report } = this.#options;
    const { signal } = new AbortController();
    try {
      return await tell(this.list(), system.clock.deadline(HOST_LIMIT_MS, signal));
    } catch (error) {
      // The container starts, and the host is told again.
      report("ports.not-told", { reason: messageOf(error) });
      this.#inBackground(system.clock.wait(RETRY_MS, signal).then(() => this.announce()));
      return [];
    }
  }

  /** What nobody waits for. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.report("ports.failed", { reason: messageOf(error) }));
  }

  list(): PublishedPort[] {
    return [...this.#requests.values()].flatMap((request) => {
      const target = this.#targets.get(targetKey(request));
      return target === undefined || !isCarried(request) ? [] : [{ ...request, guestPort: target.guestPort }];
    });
  }

  async #recall(pid: number): Promise<void> {
    const { files } = this.#options.system;
    const words = ((await files.readText(`/proc/${pid}/cmdline`)) ?? "").split("\0");
    // One that still waits for its answer had asked somebody who is gone.
    if ((await files.stat(answerPipe(pid))) !== undefined) return this.#take([pid, ...words].join(" "));
    const request = parseProxyArguments(words);
    if (request === undefined) return this.#forgetPipes(pid);
    this.#hold(pid, request);
    const target = this.#targets.get(targetKey(request)) ?? this.#addTarget(request);
    target.request = request;
    // It runs, so its server does: no gate is needed but where only a gate leads there.
    await (isIPv4(request.containerAddress) ? this.#pass(target) : this.#open(target));
  }

  async #take(line: string): Promise<void> {
    const { system, report } = this.#options;
    const [first = "", ...words] = line.split(" ");
    const pid = Number(first);
    const request = parseProxyArguments(words);
    try {
      const refusal = request && (await this.#publish(pid, request));
      await system.pipes.tell(answerPipe(pid), refusal === undefined ? "yes" : `no ${refusal}`);
    } catch (error) {
      report("port.failed", { line, reason: messageOf(error) });
      // The container's own network is as it should be.
      this.#inBackground(system.pipes.tell(answerPipe(pid), "yes"));
      this.#inBackground(this.announce());
    }
  }

  /** Returns why the host can't. */
  async #publish(pid: number, request: ProxyRequest): Promise<string | undefined> {
    const { report } = this.#options;
    // The engine has one owner for a port: an earlier one is just ending.
    for (const [other, { protocol, hostAddress, hostPort }] of this.#requests) {
      const isSame = protocol === request.protocol && hostAddress === request.hostAddress;
      if (isSame && hostPort === request.hostPort) this.#requests.delete(other);
    }
    this.#hold(pid, request);
    const target = this.#targets.get(targetKey(request)) ?? this.#addTarget(request);
    target.opening ??= this.#open(target).catch((error: unknown) => {
      delete target.opening; // The next one tries again.
      throw error;
    });
    await target.opening;
    const refused = (await this.announce()).find(
      ({ protocol, hostAddress, hostPort }) =>
        protocol === request.protocol && hostAddress === request.hostAddress && hostPort === request.hostPort,
    );
    report(refused === undefined ? "port.published" : "port.refused", {
      ...request,
      guestPort: target.guestPort,
      ...(refused && { code: refused.reason.code }),
    });
    if (refused === undefined) return undefined;
    // Its pipes stay until it is gone: it has yet to hear this.
    this.#requests.delete(pid);
    this.#sweepTargets();
    this.#inBackground(this.announce());
    return refused.reason.message;
  }

  #hold(pid: number, request: ProxyRequest): void {
    const { system } = this.#options;
    this.#requests.set(pid, request);
    this.#inBackground(system.pipes.released(leasePipe(pid)).finally(() => this.#release(pid)));
  }

  #release(pid: number): void {
    const { report } = this.#options;
    const request = this.#requests.get(pid);
    this.#inBackground(this.#forgetPipes(pid));
    if (request !== undefined) {
      this.#requests.delete(pid);
      report("port.released", { ...request });
    }
    this.#sweepTargets();
    this.#inBackground(this.announce());
  }

  async #forgetPipes(pid: number): Promise<void> {
    const { files } = this.#options.system;
    for (const path of [leasePipe(pid), answerPipe(pid)]) await files.remove(path);
  }

  #sweepTargets(): void {
    const wanted = new Set([...this.#requests.values()].map(targetKey));
    let isRuleGone = false;
    for (const [key, target] of this.#targets) {
      if (wanted.has(key)) continue;
      this.#targets.delete(key);
      target.ended.abort(new Error("the port is not published any more"));
      isRuleGone ||= target.hasRule;
    }
    if (isRuleGone) this.#inBackground(this.#writeRules());
  }

  #addTarget(request: ProxyRequest, guestPort = this.#freeGuestPort()): Target {
    const target: Target = { guestPort, request, hasRule: false, ended: new AbortController() };
    this.#targets.set(targetKey(request), target);
    return target;
  }

  /** Each in its turn: one that was just free may still have a forward of the host that is about to go. */
  #freeGuestPort(): number {
    const taken = new Set([...this.#targets.values()].map(({ guestPort }) => guestPort));
    for (let tries = FIRST_GUEST_PORT; tries <= LAST_GUEST_PORT; tries += 1) {
      this.#lastGuestPort = this.#lastGuestPort >= LAST_GUEST_PORT ? FIRST_GUEST_PORT : this.#lastGuestPort + 1;
      if (!taken.has(this.#lastGuestPort)) return this.#lastGuestPort;
    }
    throw new Error(`${taken.size} ports of containers are published: there is no further one to lead to them`);
  }

  /** Of a container that is about to start: until its server listens, its first clients wait at a gate. */
  async #open(target: Target): Promise<void> {
    if (target.hasRule) return;
    if (target.request.protocol === "udp") return this.#pass(target);
    const answered = Promise.withResolvers<undefined>();
    const gate = await this.#openGate(target, () => answered.resolve(undefined));
    this.#closeGate(target, gate, answered.promise).catch((error: unknown) => {
      if (target.ended.signal.aborted) return;
      this.#options.report("port.failed", { guestPort: target.guestPort, reason: messageOf(error) });
    });
  }

  async #openGate(target: Target, onAnswered: () => void): Promise<Gate> {
    const { containerAddress: address, containerPort: port } = target.request;
    const { network } = this.#options.system;
    for (;;) {
      try {
        return await network.openGate(target.guestPort, { address, port }, onAnswered, target.ended.signal);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
        target.guestPort = this.#freeGuestPort(); // Somebody published this very port.
      }
    }
  }

  /** When the server has answered, or will hardly do so any more. */
  async #closeGate(target: Target, gate: Gate, answered: Promise<undefined>): Promise<void> {
    const { clock } = this.#options.system;
    const { signal } = target.ended;
    const late = clock.wait(GATE_MS, signal);
    // The kernel can't lead from one family to the other: there the gate stays, and nobody waits at it any more.
    if (isIPv4(target.request.containerAddress)) {
      await Promise.race([answered, late]);
      await this.#pass(target);
      await clock.wait(GATE_DRAIN_MS, signal);
      gate.shut();
    }
    await late;
    gate.sendAway();
  }

  /** From now on the kernel carries what comes. A container without IPv4 address it can't. */
  async #pass(target: Target): Promise<void> {
    if (!isIPv4(target.request.containerAddress)) return;
    target.hasRule = true;
    await this.#writeRules();
  }

  /** One after the other; each writes what is wanted by then. */
  #writeRules(): Promise<void> {
    const { system, report } = this.#options;
    const written = this.#lastWrite.then(async () => {
      const signal = system.clock.deadline(RULES_LIMIT_MS, new AbortController().signal);
      await writeRules([...this.#targets.values()].flatMap(ruleOf), system, signal);
      if (!this.#isInChain) await enterChain(system, signal);
      this.#isInChain = true;
    });
    this.#lastWrite = written.catch((error: unknown) => report("port-rules.failed", { reason: messageOf(error) }));
    return written;
  }
}

/** Several addresses of the host may lead to one port of a container. */
const targetKey = ({ protocol, containerAddress, containerPort }: ProxyRequest): string =>
  `${protocol} ${containerAddress} ${containerPort}`;

/** The kernel leads from IPv4 to IPv4, and the gate is for TCP. */
const isCarried = ({ protocol, containerAddress }: ProxyRequest): boolean =>
  protocol === "tcp" || isIPv4(containerAddress);

function ruleOf({ hasRule, guestPort, request: { protocol, containerAddress, containerPort } }: Target): PortRule[] {
  return hasRule ? [{ protocol, guestPort, containerAddress, containerPort }] : [];
}
