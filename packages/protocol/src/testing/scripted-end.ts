import type { RpcError } from "../errors.ts";
import type { Hello } from "../messages.ts";
import { connectAgent, connectClient, connectGuest, connectHost, type LocalHello } from "../rpc.ts";
import { channelPair } from "./channel-pair.ts";
import { manualClock } from "./manual-clock.ts";
import { latin1Bytes, turn } from "./raw-peer.ts";
import type { EndName } from "./transcript.ts";

/** A connection whose messages are data: the session checks them against the tables, not the compiler. */
export interface ScriptedConnection {
  readonly peer: Hello;
  call(method: string, params: unknown, signal: AbortSignal): Promise<unknown>;
  notify(name: string, params: unknown): Promise<void>;
  readonly closed: Promise<RpcError>;
}

export type ScriptedHandlers = Record<string, (params: unknown, signal: AbortSignal) => Promise<unknown>>;

export interface ScriptedOptions {
  hello: LocalHello;
  nonce: string;
  handlers: ScriptedHandlers;
}

/** One end of the protocol, driven write by write; `latin1` has a character for each byte. */
export class ScriptedEnd {
  /** What it wrote and nobody took yet, one item for each write. */
  readonly written: string[] = [];
  readonly #name: EndName;
  readonly #pair = channelPair();
  readonly #clock = manualClock();
  #connected: Promise<ScriptedConnection> | undefined;

  constructor(name: EndName) {
    this.#name = name;
    void this.#take();
  }

  /** Before `open` it waits in the carrier. */
  async deliver(latin1: string): Promise<void> {
    this.#pair.inject("guest", latin1Bytes(latin1));
    await turn();
  }

  async open(options: ScriptedOptions): Promise<void> {
    // The ends differ in what they serve and call; a script, which is data, can only be held to it when it runs.
    const connect = connects[this.#name] as unknown as ScriptedConnect;
    const clock = { ...this.#clock, randomId: () => options.nonce };
    this.#connected = connect({ ...options, clock, channel: this.#pair.guest }, new AbortController().signal);
    // It is read at the end of a scenario; until then a rejection is no accident.
    this.#connected.catch(() => undefined);
    await turn();
  }

  async advance(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await turn();
  }

  get connected(): Promise<ScriptedConnection> {
    return this.#connected ?? Promise.reject(new Error(`${this.#name} is not open`));
  }

  /** Why its session ended or never began; waits for that. */
  async endReason(): Promise<RpcError> {
    const connection = await this.connected.catch((error: unknown) => ({ closed: error as RpcError }));
    return connection.closed;
  }

  async #take(): Promise<void> {
    for await (const bytes of this.#pair.host.incoming) this.written.push(Buffer.from(bytes).toString("latin1"));
  }
}

type ScriptedConnect = (
  options: ScriptedOptions & { channel: unknown; clock: unknown },
  signal: AbortSignal,
) => Promise<ScriptedConnection>;

/** They differ in nothing but the types of their tables, which a script does without. */
const connects = { guest: connectGuest, host: connectHost, client: connectClient, agent: connectAgent };
