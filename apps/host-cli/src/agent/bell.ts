import type { Clock } from "../host.ts";

/** Ends a wait early. What rings while nobody waits is heard by the next wait. */
export class Bell {
  readonly #clock: Clock;
  #rung = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung.abort();
  }

  /** Resolves after `ms`, or when it rings. */
  async wait(ms: number): Promise<void> {
    const over = this.#clock.deadline(ms, this.#rung.signal);
    if (!over.aborted) await new Promise((resolve) => over.addEventListener("abort", resolve, { once: true }));
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
  }
}
