import type { Host } from "../host.ts";

const tickMs = 10_000;
/** What goes on anyway takes less in a tick. */
const workMs = 100;

/** Gives memory back when there was work and none follows. Until `signal` aborts, whose reason it rejects with. */
export async function releaseWhenIdle(
  { clock, cpuMs, releaseMemory }: Pick<Host, "clock" | "cpuMs" | "releaseMemory">,
  signal: AbortSignal,
): Promise<never> {
  let hasWorked = true; // To start was work.
  for (;;) {
    const before = cpuMs();
    await clock.delay(tickMs, signal);
    const isIdle = cpuMs() - before < workMs;
    if (isIdle && hasWorked) releaseMemory();
    hasWorked = !isIdle;
  }
}
