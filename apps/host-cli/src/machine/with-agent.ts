import { type AgentConnection, openAgent } from "../agent/open-agent.ts";
import type { Context } from "./context.ts";

/** Asks the host agent of a machine that runs, which is started when there is none; no longer than `limitMs` in all. */
export async function withAgent<T>(
  { host, dir, signal }: Context,
  limitMs: number,
  work: (agent: AgentConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = host.clock.deadline(limitMs, signal);
  const agent = await openAgent(host, dir, () => undefined, limit);
  try {
    return await work(agent, limit);
  } finally {
    await agent.close();
  }
}
