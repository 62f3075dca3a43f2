import type { System } from "./system.ts";

/** After less the next piece of the same work may come. */
const quietMs = 10_000;

/** Gives memory back to the machine when work is over. Nothing happens as long as nothing is done. */
export class QuietMemory {
  readonly #system: Pick<System, "clock" | "releaseMemory">;
  #workedMs = 0;
  #isWaiting = false;

  constructor(system: Pick<System, "clock" | "releaseMemory">) {
    this.#system = system;
  }

  /** Something was done. */
  worked(): void {
    this.#workedMs = this.#system.clock.uptimeMs();
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#releaseWhenQuiet();
  }

  async #releaseWhenQuiet(): Promise<void> {
    const { clock, releaseMemory } = this.#system;
    for (let restMs = quietMs; restMs > 0; restMs = this.#workedMs + quietMs - clock.uptimeMs()) {
      await clock.wait(restMs, new AbortController().signal);
    }
    this.#isWaiting = false;
    releaseMemory();
  }
}
