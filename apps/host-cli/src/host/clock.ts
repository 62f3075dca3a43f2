import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../host.ts";

export const nodeClock: Clock = {
  now: () => new Date(),
  // Not `performance.now()`: its module is the better part of a megabyte for the host agent.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  deadline,
  delay,
  randomId: () => randomBytes(16).toString("hex"),
};

/**
 * Not `AbortSignal.any([signal, AbortSignal.timeout(ms)])`: that keeps its timer, and something of `signal`, when the
 * latter is done first. The host agent makes one of these every few seconds for weeks.
 */
function deadline(ms: number, signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  if (signal.aborted) {
    controller.abort(signal.reason);
    return controller.signal;
  }
  const onAbort = (): void => {
    clearTimeout(timer);
    controller.abort(signal.reason);
  };
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", onAbort);
    controller.abort(new DOMException(`not done in ${ms / 1000} s`, "TimeoutError"));
  }, ms).unref();
  signal.addEventListener("abort", onAbort, { once: true });
  return controller.signal;
}

async function delay(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted(); // The timer's own AbortError would hide the reason.
  }
}
