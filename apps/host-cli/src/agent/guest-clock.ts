import type { Clock } from "../host.ts";

/** How often a guest is told the time although nothing happened: its clock drifts, and emulation drifts more. */
const intervalMs = 60_000;
/** How often it is looked whether this host slept, since nothing tells. */
const tickMs = 1_000;
/** Two clocks of one computer are apart by more only when one of them was set, or stood still. */
const jumpMs = 100;
const tellLimitMs = 5_000;

export interface GuestClockOptions {
  clock: Clock;
  /** Fails when the guest did not take it. */
  tell: (now: Date, signal: AbortSignal) => Promise<void>;
  log: (reason: string) => void;
}

/** Has the guest's clock go with the host's, also after one of the two has slept. */
export class GuestClock {
  readonly #options: GuestClockOptions;
  /** Of the wall clock to the one that nobody sets, when the guest was told last. */
  #offsetMs: number;
  #toldMs: number;
  /** Resolves when the guest's clock is right again; nothing while it is. */
  #right: PromiseWithResolvers<undefined> | undefined;

  constructor(options: GuestClockOptions) {
    this.#options = options;
    this.#offsetMs = this.#offset();
    this.#toldMs = options.clock.monotonicMs();
  }

  /** Of the VM. */
  paused(isPaused: boolean, signal: AbortSignal): void {
    this.#right ??= Promise.withResolvers();
    if (!isPaused) void this.#tell(signal);
  }

  /** Resolves when who asks the guest gets an answer by the right time. */
  async untilRight(signal: AbortSignal): Promise<void> {
    if (this.#right === undefined && Math.abs(this.#offset() - this.#offsetMs) > jumpMs) await this.#tell(signal);
    await this.#right?.promise;
  }

  /** Until `signal` aborts, whose reason it rejects with. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.delay(tickMs, signal);
      const isDue = clock.monotonicMs() - this.#toldMs >= intervalMs;
      if (this.#right === undefined && (isDue || Math.abs(this.#offset() - this.#offsetMs) > jumpMs))
        await this.#tell(signal);
    }
  }

  #offset(): number {
    const { clock } = this.#options;
    return clock.now().getTime() - clock.monotonicMs();
  }

  /** A guest that can't be told is told at its next hello. */
  async #tell(signal: AbortSignal): Promise<void> {
    const { clock, tell, log } = this.#options;
    // Who comes meanwhile waits, too.
    const right = (this.#right ??= Promise.withResolvers());
    this.#offsetMs = this.#offset();
    this.#toldMs = clock.monotonicMs();
    try {
      await tell(clock.now(), clock.deadline(tellLimitMs, signal));
    } catch (error) {
      if (!signal.aborted) log(String(error));
    } finally {
      right.resolve(undefined);
      this.#right = undefined;
    }
  }
}
