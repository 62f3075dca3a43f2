import {
  type Channel,
  type Connection,
  connectGuest,
  type GuestConfig,
  type GuestEvent,
  type GuestState,
  type guestMethods,
  type Handlers,
  type hostMethods,
  type LocalHello,
  protocolRange,
} from "@boot2docker/protocol";
import type { Fields } from "./log.ts";
import { PORT_NAME } from "./paths.ts";
import { messageOf } from "./problem.ts";
import type { System } from "./system.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Nothing tells that the host came to the other end of a port, so it is opened again and again: often at first. */
const REOPEN_MS = 100;
const REOPEN_LATER_MS = 500;
const EAGER_REOPENS = 50;
/** With nobody at the other end a port that was opened ends at once. */
const PRESENCE_MS = 50;
/** A host that had a session with the guest before the reset leaves, to come back at once. */
const RETURN_MS = 3_000;
const CONFIG_LIMIT_MS = 10_000;

type HostConnection = Connection<typeof hostMethods>;

export interface HostLinkOptions {
  system: System;
  /** Of the image. */
  version: string;
  bootId: string;
  handlers: Handlers<typeof guestMethods>;
  /** Called with the host's clock, before anything else of a session. */
  onHostTime: (now: Date) => void;
  onConfig: (config: GuestConfig) => void;
  report: (name: string, fields: Fields) => void;
}

/**
 * The one conversation with the host, begun anew for ever. What it carries from us is always complete (`publish`), so
 * a session that was lost has lost nothing.
 */
export class HostLink {
  readonly #options: HostLinkOptions;
  #connection: HostConnection | undefined;
  /** When the port was opened that is open now. */
  #openSinceMs: number | undefined;
  /** When the port was last closed by a host that had been there. */
  #lastThereMs = -Infinity;
  #lastSent: Promise<void> = Promise.resolve();
  /** Settles with the first config; null when this machine has no port. */
  readonly #first = Promise.withResolvers<GuestConfig | null>();
  #config: GuestConfig | null | undefined;
  #state: (() => Promise<GuestState>) | undefined;
  #isPublishing = false;
  #mustPublish = false;

  constructor(options: HostLinkOptions) {
    this.#options = options;
  }

  /** What the host said last; null without a port, undefined as long as it said nothing. */
  get config(): GuestConfig | null | undefined {
    return this.#config;
  }

  /** Waits for the host's first word. Null: this machine has no port, so nobody will ever say anything. */
  async firstConfig(signal: AbortSignal): Promise<GuestConfig | null> {
    return unlessAborted(this.#first.promise, signal);
  }

  /** Somebody has, or just had, the other end of the port, whether or not it has said anything yet. */
  get isSomebodyThere(): boolean {
    return this.#isHeldOpen || this.#options.system.clock.uptimeMs() - this.#lastThereMs < RETURN_MS;
  }

  get #isHeldOpen(): boolean {
    return this.#openSinceMs !== undefined && this.#options.system.clock.uptimeMs() - this.#openSinceMs > PRESENCE_MS;
  }

  /** The session of the moment, if there is one. */
  get connection(): HostConnection | undefined {
    return this.#connection;
  }

  /** Asks the host again what this machine is to be. */
  async refresh(signal: AbortSignal): Promise<GuestConfig | undefined> {
    const config = await this.#connection?.call("config.get", {}, signal);
    if (config !== undefined) this.#config = config;
    return config;
  }

  /** Ends only with `signal`, or at once when there is no port. */
  async run(signal: AbortSignal): Promise<void> {
    const { system, report } = this.#options;
    for (let failures = 0; ; failures += 1) {
      let channel: Channel | undefined;
      try {
        channel = await system.openPort(PORT_NAME);
        if (channel === undefined) {
          this.#config = null;
          this.#first.resolve(null);
          return;
        }
        this.#openSinceMs = system.clock.uptimeMs();
        await this.#converse(channel, signal);
        failures = -1;
      } catch (error) {
        if (signal.aborted) return;
        // With nobody at the other end each attempt ends so: only the first is news.
        if (failures === 0) report("host.away", { reason: messageOf(error) });
        await channel?.close();
      } finally {
        if (this.#isHeldOpen) this.#lastThereMs = system.clock.uptimeMs();
        this.#openSinceMs = undefined;
      }
      try {
        await system.clock.wait(failures < EAGER_REOPENS ? REOPEN_MS : REOPEN_LATER_MS, signal);
      } catch {
        return; // told to end
      }
    }
  }

  /** Sends the state now and on each new session; many calls in a row become one message. */
  publish(state: () => Promise<GuestState>): void {
    this.#state = state;
    this.#mustPublish = true;
    if (!this.#isPublishing) void this.#flush();
  }

  sendEvent(event: GuestEvent): void {
    if (this.#connection === undefined) return;
    // A failure is none: the event stays in the history, which the host asks for.
    this.#lastSent = this.#connection.notify("event", event).catch(() => undefined);
  }

  /** Resolves when the carrier has what was sent, or `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#lastSent, aborts(signal)]);
  }

  async #converse(channel: Channel, signal: AbortSignal): Promise<void> {
    const { system, version, bootId, handlers, report, onHostTime, onConfig } = this.#options;
    const hello: LocalHello<"guest"> = {
      role: "guest",
      protocol: protocolRange,
      version,
      bootId,
      get now() {
        return system.clock.now().toISOString();
      },
      features: [],
    };
    const connection = await connectGuest({ channel, hello, handlers, clock: system.clock }, signal);
    try {
      onHostTime(new Date(connection.peer.now));
      report("host.connected", { version: connection.peer.version, protocol: connection.protocolVersion });
      const config = await connection.call("config.get", {}, system.clock.deadline(CONFIG_LIMIT_MS, signal));
      this.#connection = connection;
      this.#config = config;
      this.#first.resolve(config);
      onConfig(config);
      if (this.#state !== undefined) this.publish(this.#state);
      const stop = (): void => void connection.close();
      signal.addEventListener("abort", stop, { once: true });
      const ended = await connection.closed;
      signal.removeEventListener("abort", stop);
      report("host.disconnected", { reason: ended.message });
    } finally {
      this.#connection = undefined;
      await connection.close();
    }
  }

  async #flush(): Promise<void> {
    this.#isPublishing = true;
    try {
      for (;;) {
        const connection = this.#connection;
        if (!this.#mustPublish || connection === undefined || this.#state === undefined) return;
        this.#mustPublish = false;
        const state = await this.#state();
        await connection.notify("state.changed", state).catch(() => undefined); // The next session begins with it.
      }
    } catch (error) {
      this.#options.report("state.unknown", { reason: messageOf(error) });
    } finally {
      this.#isPublishing = false;
    }
  }
}

function aborts(signal: AbortSignal): Promise<Error> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  const reason = new Error("this guest ends the session");
  if (signal.aborted) resolve(reason);
  signal.addEventListener("abort", () => resolve(reason), { once: true });
  return promise;
}
