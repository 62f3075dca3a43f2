import { connectClient } from "@boot2docker/protocol";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { helloAs } from "./hello.ts";

/** Of glibc, mallopt(3): one heap for all threads, and what is free at its end is the system's again. 1 MB less. */
const sparing = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" };

export type AgentConnection = Awaited<ReturnType<typeof connectClient>>;

const startLimitMs = 30_000;
const helloLimitMs = 5_000;
const pollMs = 100;
/** A start that lost against a dying agent's lock ended at once: it is repeated. */
const restartMs = 3_000;

/**
 * The host agent of a running VM, started when there is none. `onChange` is called when the guest's state may have
 * changed. Who gets the connection closes it. Throws UserError `agent-unreachable`.
 */
export async function openAgent(
  host: Host,
  dir: MachineDir,
  onChange: () => void,
  signal: AbortSignal,
): Promise<AgentConnection> {
  const found = await connectToAgent(host, dir, onChange, signal);
  if (found !== undefined) return found;
  const limit = host.clock.deadline(startLimitMs, signal);
  try {
    for (;;) {
      const started = await startAgent(host, dir, onChange, limit);
      if (started !== undefined) return started;
    }
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`the host agent of ${dir.name} did not answer in ${startLimitMs / 1000} s`, {
      code: "agent-unreachable",
      hint: `What it did is in ${dir.agentLog}.`,
      cause: error,
    });
  }
}

async function startAgent(
  host: Host,
  dir: MachineDir,
  onChange: () => void,
  limit: AbortSignal,
): Promise<AgentConnection | undefined> {
  const [command, ...args] = host.self;
  await host.processes.startDetached(command, [...args, "agent", dir.name], dir.agentLog, sparing);
  const restartAt = host.clock.monotonicMs() + restartMs;
  while (host.clock.monotonicMs() < restartAt) {
    const connection = await connectToAgent(host, dir, onChange, limit);
    if (connection !== undefined) return connection;
    await host.clock.delay(pollMs, limit);
  }
  return undefined;
}

/** Undefined when none answers. */
export async function connectToAgent(
  host: Host,
  dir: MachineDir,
  onChange: () => void,
  signal: AbortSignal,
): Promise<AgentConnection | undefined> {
  const limit = host.clock.deadline(helloLimitMs, signal);
  try {
    const channel = await host.network.connectUnix(dir.agentSocket, limit);
    const options = { channel, hello: helloAs("client", host.clock), handlers: {}, clock: host.clock };
    return await connectClient({ ...options, onNotification: onChange }, limit);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
