import type { SystemClock } from "./system.ts";

/** Less is what a message takes, and no certificate or build tool minds it. */
const TOLERATED_MS = 100;

/** Takes over the host's time when ours is off. Returns what it was off before, ours minus theirs. */
export function stepClock(hostNow: Date, clock: Pick<SystemClock, "now" | "set">): number {
  const offsetMs = clock.now().getTime() - hostNow.getTime();
  if (Math.abs(offsetMs) > TOLERATED_MS) clock.set(hostNow);
  return offsetMs;
}
