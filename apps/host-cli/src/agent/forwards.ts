import type { agentMethods, GuestState, PublishedPort, Reason, RefusedPort, ResultOf } from "@boot2docker/protocol";
import type { Forward, Monitor } from "../driver/driver.ts";
import type { Host, Server } from "../host.ts";
import type { PublishScope } from "../settings.ts";
import type { MachinePorts } from "../machine-dir/ports.ts";
import { keyOf, loopback, ownForwards, planForwards } from "./forward-plan.ts";
import { type Listener, listenerOf, renderAddress } from "./listeners.ts";
import { explainRefusal } from "./port-refusal.ts";
import type { Tunnel } from "./tunnel.ts";

const ownHint = "End that program: a machine keeps its ports for life, so that open shells stay right.";
/** The engine comes before the ssh server; a container that starts in between waits for it. */
const sshLimitMs = 8_000;

type ListedPort = ResultOf<typeof agentMethods, "ports.list">["ports"][number];

const forwardOf = ({ protocol, address, port, guestPort }: Listener): Forward => ({
  protocol,
  hostAddress: address,
  hostPort: port,
  guestPort,
});
const listenerKey = (listener: Listener): string => keyOf(forwardOf(listener));
/** Whether it leads from the loopback to where the listener is to lead. */
const isWayOf =
  ({ protocol, guestPort }: Listener) =>
  (forward: Forward): boolean =>
    forward.protocol === protocol && forward.hostAddress === loopback && forward.guestPort === guestPort;

export interface ForwardsOptions {
  host: Host;
  monitor: Monitor;
  ports: MachinePorts;
  /** As long as `answerOn` says nothing else. */
  scope: PublishScope;
  /** Undefined on a host that has none. */
  tunnel: Tunnel | undefined;
  /** Of the agent: what is begun is not left half done because nobody waits for it any more. */
  signal: AbortSignal;
  /** Called when something is left to do after what the guest said or asked. */
  onBehind: () => void;
}

/**
 * The host's ports that lead into a VM: the machine's own two, and what its containers publish. The tunnel carries TCP, QEMU
 * the machine's own and UDP of IPv4. What neither can, which is UDP of IPv6, this process passes on. docs/adr/0011
 */
export class Forwards {
  readonly #options: ForwardsOptions;
  readonly #own: readonly Forward[];
  /** Undefined as long as the guest has not said. */
  #published: readonly PublishedPort[] | undefined;
  /** QEMU's; undefined before it was asked. Nobody else changes them. */
  #present: Forward[] | undefined;
  readonly #relays = new Map<string, Server>();
  /** By `keyOf`. */
  readonly #refusals = new Map<string, Reason>();
  /** What the host lacks, where that is no reason to refuse. */
  readonly #absences = new Map<string, Reason>();
  #scope: PublishScope;
  #last: Promise<unknown> = Promise.resolve();
  #isStarting = true;
  #areFoldersAsked = false;
  #isBehind = false;
  #bootId: string | undefined;
  /** The tunnel leads to a system that is gone, which it does not notice by itself. */
  #isOfEarlierBoot = false;
  /** Of the guest, once its ssh server answers. */
  #hostKeys: readonly string[] | undefined;
  #sshKnown = Promise.withResolvers<undefined>();

  constructor(options: ForwardsOptions) {
    this.#options = options;
    this.#own = ownForwards(options.ports);
    this.#scope = options.scope;
  }

  /** Where ports are answered from now on that are published on every address. */
  async answerOn(scope: PublishScope): Promise<void> {
    if (scope === this.#scope) return;
    this.#scope = scope;
    await this.#change();
  }

  /** What the guest is now. */
  async heard({ lifecycle, services, sshHostKeys }: GuestState, bootId: string): Promise<void> {
    this.#isStarting = lifecycle.name === "starting";
    if (this.#bootId !== bootId) {
      this.#isOfEarlierBoot = this.#bootId !== undefined;
      this.#bootId = bootId;
      this.#hostKeys = undefined;
      this.#sshKnown = Promise.withResolvers();
    }
    const ssh = services.find(({ name }) => name === "sshd")?.state;
    // What failed is not waited for.
    if (ssh === "failed" || ssh === "backoff") this.#sshKnown.resolve(undefined);
    const isNew = ssh === "ready" && this.#hostKeys === undefined;
    if (isNew) {
      this.#hostKeys = sshHostKeys;
      this.#sshKnown.resolve(undefined);
    }
    if (isNew || this.#isOfEarlierBoot) await this.#change();
  }

  /** Has a port of the guest lead to this host's folders, through its ssh server, which has these keys. */
  async connectFolders(hostKeys: readonly string[], port: number): Promise<void> {
    const { tunnel } = this.#options;
    if (tunnel === undefined) throw new Error("this host has no ssh client that can carry folders: install OpenSSH");
    this.#hostKeys = hostKeys;
    this.#sshKnown.resolve(undefined);
    this.#areFoldersAsked = true;
    tunnel.wantFolders(port);
    await this.#change();
    if (!tunnel.hasFolders) throw new Error("the guest's ssh server does not carry them");
  }

  /** The host answers on these from then on, and on no others. Returns those on which it can't. `signal` ends the wait alone. */
  async publish(ports: readonly PublishedPort[], signal: AbortSignal): Promise<RefusedPort[]> {
    const { host, tunnel } = this.#options;
    this.#published = ports;
    if (tunnel !== undefined && ports.length > 0 && this.#hostKeys === undefined && !this.#isStarting) {
      await Promise.race([this.#sshKnown.promise, host.clock.delay(sshLimitMs, signal)]);
    }
    await this.#change();
    return ports.flatMap((port) => {
      const { protocol, hostAddress, hostPort } = port;
      const reason = this.#refusals.get(listenerKey(listenerOf(port, this.#scope)));
      return reason === undefined ? [] : [{ protocol, hostAddress, hostPort, reason }];
    });
  }

  /** Has what is wanted, as far as that is possible now. Returns why the machine's own ports can't be had. */
  converge(): Promise<Reason[]> {
    // One after the other: two must not add the same forward.
    const done = this.#last.then(() => this.#converge(this.#options.signal));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Something that is wanted is not there, and nobody tells when it can be had: a port gets free, the ssh server answers. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** For who has just changed what is wanted. */
  async #change(): Promise<void> {
    try {
      await this.converge();
    } finally {
      if (this.#isBehind) this.#options.onBehind();
    }
  }

  list(): ListedPort[] {
    return (this.#published ?? []).map((port) => {
      const listener = listenerOf(port, this.#scope);
      const key = listenerKey(listener);
      const refusal = this.#refusals.get(key) ?? this.#absences.get(key);
      if (refusal !== undefined) return { ...port, refusal };
      return this.#isServed(listener) ? { ...port, listensOn: renderAddress(listener.address, listener.port) } : port;
    });
  }

  /** Tunnel and QEMU's forwards outlive this process; what it passes on itself ends. */
  async close(): Promise<void> {
    await Promise.all([...this.#relays.values()].map((relay) => relay.close()));
    this.#relays.clear();
  }

  async #converge(signal: AbortSignal): Promise<Reason[]> {
    const { monitor, tunnel } = this.#options;
    this.#isBehind = true; // Also when this fails.
    const listeners = (this.#published ?? []).map((port) => listenerOf(port, this.#scope));
    const tunnelled = listeners.filter(({ protocol }) => protocol === "tcp" && tunnel !== undefined);
    const others = listeners.filter((listener) => !tunnelled.includes(listener));
    const relayed = others.filter(({ family }) => family === 6);
    const wanted = [...this.#own, ...others.filter(({ family }) => family === 4).map(forwardOf)];
    if (this.#isOfEarlierBoot) await tunnel?.close(signal);
    this.#isOfEarlierBoot = false;
    const present = (this.#present ??= await monitor.forwards(signal));
    for (const listener of relayed) wanted.push(...(await this.#wayFor(listener, wanted, present)));
    const { add, remove } = planForwards(wanted, present, this.#published !== undefined);
    const keys = new Set([...wanted.map(keyOf), ...listeners.map(listenerKey)]);
    for (const reasons of [this.#refusals, this.#absences]) {
      for (const key of reasons.keys()) if (!keys.has(key)) reasons.delete(key);
    }
    await this.#closeRelaysBut(new Set(relayed.map(listenerKey)));
    for (const forward of remove) await this.#removeForward(forward, signal);
    for (const forward of add) await this.#addForward(forward, signal);
    for (const listener of relayed) await this.#openRelay(listener, signal);
    const isTunnelFull = tunnel === undefined || (await this.#fillTunnel(tunnel, tunnelled, signal));
    this.#isBehind = this.#refusals.size > 0 || !isTunnelFull;
    return this.#own.flatMap((forward) => {
      const refusal = this.#refusals.get(keyOf(forward));
      return refusal === undefined ? [] : [{ ...refusal, hint: ownHint }];
    });
  }

  /** False when there is more to do that the guest does not tell the time for, as it does when its ssh server answers. */
  async #fillTunnel(tunnel: Tunnel, wanted: readonly Listener[], signal: AbortSignal): Promise<boolean> {
    if (this.#published === undefined && !this.#areFoldersAsked) return true;
    const isUp = this.#hostKeys !== undefined && (await tunnel.open(this.#hostKeys, signal));
    let isFull = isUp ? tunnel.hasFolders || !this.#areFoldersAsked : this.#hostKeys === undefined;
    if (this.#published === undefined) return isFull;
    const keys = new Set(wanted.map(listenerKey));
    for (const listener of tunnel.listeners) {
      if (!keys.has(listenerKey(listener))) await tunnel.remove(listener, signal);
    }
    for (const listener of wanted) {
      if (tunnel.has(listener)) continue;
      const isAdded = isUp && (await tunnel.add(listener, signal));
      if (isAdded) this.#refusals.delete(listenerKey(listener));
      // Nothing is said against it while it is only not carried yet.
      else await this.#explain(listener, undefined, signal);
      isFull &&= isAdded || !isUp || this.#absences.has(listenerKey(listener));
    }
    return isFull;
  }

  /** Why the host can't answer there. `otherwise` is what it is when the system has nothing against it. */
  async #explain(listener: Listener, otherwise: string | undefined, signal: AbortSignal): Promise<void> {
    const { host } = this.#options;
    const { protocol, address, port, isForAll } = listener;
    const key = listenerKey(listener);
    const code = (await host.network.bindFailure(protocol, address, port)) ?? otherwise;
    const hasNoSuchFamily = isForAll && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT");
    if (hasNoSuchFamily) this.#absences.set(key, { code: "no-ipv6", message: "this host has no IPv6" });
    if (code === undefined || hasNoSuchFamily) this.#refusals.delete(key);
    else this.#refusals.set(key, await explainRefusal(host, listener, code, signal));
  }

  /** A forward of the loopback for an IPv6 listener to lead to, when there is none for the same port of the guest. */
  async #wayFor(
    listener: Listener,
    wanted: readonly Forward[],
    present: readonly Forward[],
  ): Promise<readonly Forward[]> {
    if (wanted.some(isWayOf(listener))) return [];
    const there = present.find(isWayOf(listener));
    if (there !== undefined) return [there];
    const { protocol, guestPort } = listener;
    const hostPort = await this.#options.host.network.freePort(protocol);
    return [{ protocol, hostAddress: loopback, hostPort, guestPort }];
  }

  /** What came of a command that failed is not known: QEMU is asked again. */
  async #changeForwards<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      this.#present = undefined;
      throw error;
    }
  }

  async #removeForward(forward: Forward, signal: AbortSignal): Promise<void> {
    await this.#changeForwards(() => this.#options.monitor.removeForward(forward, signal));
    this.#present = this.#present?.filter((other) => keyOf(other) !== keyOf(forward));
  }

  async #addForward(forward: Forward, signal: AbortSignal): Promise<void> {
    if (await this.#changeForwards(() => this.#options.monitor.addForward(forward, signal))) {
      this.#present?.push(forward);
      this.#refusals.delete(keyOf(forward));
      return;
    }
    const { hostAddress: address, hostPort: port, ...rest } = forward;
    // QEMU does not say why; the system says it to whoever asks.
    await this.#explain({ ...rest, address, port, family: 4, isForAll: false }, "QEMU does not forward it", signal);
  }

  async #closeRelaysBut(wanted: ReadonlySet<string>): Promise<void> {
    for (const [key, relay] of this.#relays) {
      if (wanted.has(key)) continue;
      this.#relays.delete(key);
      await relay.close();
    }
  }

  async #openRelay(listener: Listener, signal: AbortSignal): Promise<void> {
    const { network } = this.#options.host;
    const key = listenerKey(listener);
    const way = this.#present?.find(isWayOf(listener));
    // Without one its own refusal says why.
    if (this.#relays.has(key) || way === undefined) return;
    const { protocol, address, port } = listener;
    try {
      this.#relays.set(key, await network.relay(protocol, { address, port }, way.hostPort));
      this.#refusals.delete(key);
    } catch (error) {
      await this.#explain(listener, String(error), signal);
    }
  }

  #isServed(listener: Listener): boolean {
    const key = listenerKey(listener);
    if (this.#relays.has(key) || this.#options.tunnel?.has(listener) === true) return true;
    return this.#present?.some((forward) => keyOf(forward) === key) ?? false;
  }
}
