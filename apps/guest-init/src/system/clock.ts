import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { SystemClock } from "../system.ts";

export const clock: Omit<SystemClock, "set" | "slew"> = {
  now: () => new Date(),
  // CLOCK_MONOTONIC counts from the start of the kernel.
  uptimeMs: () => Number(process.hrtime.bigint() / 1_000_000n),
  async wait(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
  deadline(ms, signal) {
    if (signal.aborted) return signal;
    const limit = new AbortController();
    const inherit = (): void => {
      clearTimeout(timer);
      limit.abort(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", inherit);
      limit.abort(new Error(`not done within ${ms} ms`));
    }, ms);
    timer.unref();
    signal.addEventListener("abort", inherit, { once: true });
    return limit.signal;
  },
  randomId: () => randomUUID(),
};
