import type { Clock } from "../clock.ts";

export interface ManualClock extends Clock {
  /** Fires each deadline that is due, earliest first. What they wake runs after the caller next waits. */
  advance(ms: number): void;
  /** Deadlines that are neither due nor aborted: a finished test has none left. */
  readonly waiting: number;
}

/** Stands still until told. Ids are `<prefix>-1`, `<prefix>-2`, … */
export function manualClock(prefix = "id"): ManualClock {
  const deadlines = new Set<{ dueMs: number; controller: AbortController }>();
  let nowMs = 0;
  let ids = 0;
  return {
    randomId: () => `${prefix}-${(ids += 1)}`,
    deadline: (ms, signal) => {
      const entry = { dueMs: nowMs + ms, controller: new AbortController() };
      const { controller } = entry;
      deadlines.add(entry);
      const onAbort = (): void => {
        deadlines.delete(entry);
        controller.abort(signal.reason);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true, signal: controller.signal });
      return controller.signal;
    },
    advance: (ms) => {
      nowMs += ms;
      const due = [...deadlines].filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
      for (const entry of due) {
        deadlines.delete(entry);
        entry.controller.abort(new DOMException("the deadline has passed", "TimeoutError"));
      }
    },
    get waiting() {
      return deadlines.size;
    },
  };
}
