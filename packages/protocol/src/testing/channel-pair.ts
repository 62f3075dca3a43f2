import type { Channel } from "../channel.ts";

export type Side = "guest" | "host";

/** How the bytes of one write arrive. */
export type Delivery = (bytes: Uint8Array, to: Side) => Iterable<Uint8Array>;

/** The worst that a carrier does: each byte on its own. */
export const splitEveryByte: Delivery = function* (bytes) {
  for (let index = 0; index < bytes.length; index += 1) yield bytes.slice(index, index + 1);
};

/** Pieces of these sizes, again and again. */
export function splitInto(sizesBytes: readonly [number, ...number[]]): Delivery {
  return function* (bytes) {
    for (let start = 0, piece = 0; start < bytes.length; piece += 1) {
      const size = sizesBytes[piece % sizesBytes.length] ?? 1;
      yield bytes.slice(start, start + size);
      start += size;
    }
  };
}

/** Each write arrives this many times. */
export function repeated(times: number): Delivery {
  return function* (bytes) {
    for (let time = 0; time < times; time += 1) yield bytes.slice();
  };
}

export interface ChannelPair {
  readonly guest: Channel;
  readonly host: Channel;
  /** Bytes that the peer never wrote: of an older session, or noise. They arrive as given. */
  inject(to: Side, bytes: Uint8Array): void;
  /** The carrier breaks: both `incoming` fail with `error`, writes too. */
  fail(error: Error): void;
  /** While held, writes towards that side wait, as with a peer that does not read. */
  hold(to: Side): void;
  release(to: Side): void;
}

/** A carrier without loss. Closing one end ends both. */
export function channelPair(options: { deliver?: Delivery } = {}): ChannelPair {
  const deliver = options.deliver ?? ((bytes) => [bytes.slice()]);
  const pipes = { guest: new Pipe(), host: new Pipe() };
  const channel = (from: Side, to: Side): Channel => ({
    incoming: pipes[from].read(),
    write: async (bytes) => {
      // Before the wait: a writer may use its buffer again.
      const pieces = [...deliver(bytes, to)];
      await pipes[to].gate;
      for (const piece of pieces) pipes[to].push(piece);
    },
    close: async () => {
      pipes.guest.end();
      pipes.host.end();
    },
  });
  return {
    guest: channel("guest", "host"),
    host: channel("host", "guest"),
    inject: (to, bytes) => pipes[to].push(bytes.slice()),
    fail: (error) => {
      pipes.guest.end(error);
      pipes.host.end(error);
    },
    hold: (to) => pipes[to].hold(),
    release: (to) => pipes[to].release(),
  };
}

/** One direction: what was pushed and not read yet. */
class Pipe {
  readonly #chunks: Uint8Array[] = [];
  #state: "open" | "ended" | { error: Error } = "open";
  #wake = Promise.withResolvers<undefined>();
  #gate = Promise.withResolvers<undefined>();

  constructor() {
    this.#gate.resolve(undefined);
  }

  /** Resolves when a write may pass. */
  get gate(): Promise<undefined> {
    return this.#gate.promise;
  }

  hold(): void {
    this.#gate = Promise.withResolvers<undefined>();
  }

  release(): void {
    this.#gate.resolve(undefined);
  }

  push(bytes: Uint8Array): void {
    if (typeof this.#state === "object") throw this.#state.error;
    if (this.#state === "ended") throw new Error("the channel is closed");
    this.#chunks.push(bytes);
    this.#wake.resolve(undefined);
  }

  end(error?: Error): void {
    if (this.#state === "open") this.#state = error === undefined ? "ended" : { error };
    this.#wake.resolve(undefined);
    this.#gate.resolve(undefined);
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (const bytes of this.#chunks.splice(0)) yield bytes;
      if (this.#chunks.length > 0) continue;
      if (this.#state !== "open") break;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<undefined>();
    }
    if (typeof this.#state === "object") throw this.#state.error;
  }
}
