import { type AgentConnection, openAgent } from "../agent/open-agent.ts";
import { UserError } from "../errors.ts";
import type { Context } from "./context.ts";

/** A guest that runs finds an agent that was just started within this. */
const reunionLimitMs = 15_000;
const pollMs = 100;

/**
 * Asks the host agent of a machine that runs, which is started when there is none; no longer than `limitMs` in all. Throws
 * UserError `guest-not-connected` when its guest is not to be had.
 */
export async function withAgent<T>(
  { host, dir, signal }: Pick<Context, "host" | "dir" | "signal">,
  limitMs: number,
  work: (agent: AgentConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = host.clock.deadline(limitMs, signal);
  const agent = await openAgent(host, dir, () => undefined, limit);
  try {
    const untilMs = host.clock.monotonicMs() + reunionLimitMs;
    for (;;) {
      const { guestConnected, detail } = await agent.call("agent.status", {}, limit);
      if (guestConnected) break;
      if (host.clock.monotonicMs() >= untilMs) {
        throw new UserError(`the guest of ${dir.name} is not connected: ${detail ?? "it has not said hello yet"}`, {
          code: "guest-not-connected",
          hint: `Nothing was changed. See: boot2docker status ${dir.name}`,
        });
      }
      await host.clock.delay(pollMs, limit);
    }
    return await work(agent, limit);
  } finally {
    await agent.close();
  }
}
