import type { Host } from "../host.ts";

const tickMs = 10_000;
/** What goes on anyway takes less in a tick. */
const idleMs = 20;
/** Less leaves nothing worth the effort. */
const workMs = 50;

/** Gives memory back when there was work and none follows. Until `signal` aborts, whose reason it rejects with. */
export async function releaseWhenIdle(
  { clock, cpuMs, releaseMemory }: Pick<Host, "clock" | "cpuMs" | "releaseMemory">,
  signal: AbortSignal,
): Promise<never> {
  let workedMs = workMs; // To start was work.
  for (;;) {
    const before = cpuMs();
    await clock.delay(tickMs, signal);
    const spentMs = cpuMs() - before;
    if (spentMs >= idleMs) workedMs += spentMs;
    else if (workedMs >= workMs) {
      releaseMemory();
      workedMs = 0;
    }
  }
}
