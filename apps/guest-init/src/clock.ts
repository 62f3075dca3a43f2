import type { SystemClock } from "./system.ts";

/** Less is made up for by and by, so that time never jumps under what is running. */
const STEP_ABOVE_MS = 100;

/** Brings our time to that of somebody who knows. Returns what it was off before, ours minus theirs. */
export function correctClock(theirNow: Date, clock: Pick<SystemClock, "now" | "set" | "slew">): number {
  const offsetMs = clock.now().getTime() - theirNow.getTime();
  if (Math.abs(offsetMs) > STEP_ABOVE_MS) clock.set(theirNow);
  else clock.slew(-offsetMs);
  return offsetMs;
}
