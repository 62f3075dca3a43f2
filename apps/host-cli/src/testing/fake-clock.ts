import { setImmediate } from "node:timers/promises";
import type { Clock } from "../host.ts";

interface Timer {
  atMs: number;
  fire(): void;
}

/** Enough for what is in memory to come to rest: such work needs no time, only turns of the event loop. */
const turns = 10;
const realLimitMs = 20_000;

/** Time that moves only when nothing else can: waits cost nothing, and their order is what it would be. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #elapsedMs = 0;
  #ids = 0;
  startsAt = new Date("2026-11-23T12:00:00Z");

  now(): Date {
    return new Date(this.startsAt.getTime() + this.#elapsedMs);
  }

  /** The computer sleeps: only the wall clock goes on. */
  sleep(ms: number): void {
    this.startsAt = new Date(this.startsAt.getTime() + ms);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  randomId(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(32, "0");
  }

  deadline(ms: number, signal: AbortSignal): AbortSignal {
    const controller = new AbortController();
    const cancel = this.#after(ms, () => controller.abort(new DOMException(`${ms} ms are over`, "TimeoutError")));
    const abort = (): void => {
      cancel();
      controller.abort(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    return controller.signal;
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#after(ms, resolve);
      const abort = (): void => {
        cancel();
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** Runs until `work` is done, moving the time from timer to timer whenever everything rests. */
  async settle<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const done = (): void => {
      state.isDone = true;
    };
    work.then(done, done);
    const giveUpAt = performance.now() + realLimitMs;
    for (;;) {
      await rest();
      if (state.isDone) return work;
      if (performance.now() > giveUpAt) throw new Error("the fake clock waits for something that never happens");
      this.#fireNext();
    }
  }

  /** Lets `ms` go by. */
  pass(ms: number): Promise<void> {
    return this.settle(this.delay(ms, new AbortController().signal));
  }

  #fireNext(): void {
    const [next] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
    if (next === undefined) return;
    this.#timers.delete(next);
    this.#elapsedMs = next.atMs;
    next.fire();
  }

  #after(ms: number, fire: () => void): () => void {
    const timer = { atMs: this.#elapsedMs + ms, fire };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}

async function rest(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
}
