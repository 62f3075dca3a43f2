import type { SystemClock } from "../system.ts";

interface Timer {
  atMs: number;
  fire: () => void;
}

/** Time stands still until a test moves it. */
export class FakeClock implements SystemClock {
  #uptimeMs = 0;
  #offsetMs: number;
  #ids = 0;
  readonly #timers = new Set<Timer>();

  constructor(startsAt = "2026-01-01T00:00:00.000Z") {
    this.#offsetMs = new Date(startsAt).getTime();
  }

  now = (): Date => new Date(this.#offsetMs + this.#uptimeMs);
  uptimeMs = (): number => this.#uptimeMs;

  set(now: Date): void {
    this.#offsetMs = now.getTime() - this.#uptimeMs;
  }

  slewedMs = 0;
  slew(ms: number): void {
    this.slewedMs = ms;
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = this.#arm(ms, () => resolve(undefined));
    const stop = (): void => {
      this.#timers.delete(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    await promise;
  }

  deadline(ms: number, signal: AbortSignal): AbortSignal {
    const limit = new AbortController();
    this.#arm(ms, () => limit.abort(new Error(`not done within ${ms} ms`)));
    return AbortSignal.any([limit.signal, signal]);
  }

  randomId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  /** Fires what is due on the way, in order, and lets all that follows from it happen. */
  async advance(ms: number): Promise<void> {
    const until = this.#uptimeMs + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= until).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#uptimeMs = next.atMs;
      next.fire();
      await settle();
    }
    this.#uptimeMs = until;
  }

  #arm(ms: number, fire: () => void): Timer {
    const timer = { atMs: this.#uptimeMs + ms, fire };
    this.#timers.add(timer);
    return timer;
  }
}

/** Lets all promises that can go on go on. Nothing in a test with fakes waits for the event loop but this. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}
