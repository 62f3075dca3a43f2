import { connectToAgent } from "@boot2docker/host-cli/src/agent/open-agent.ts";
import type { Host } from "@boot2docker/host-cli/src/host.ts";
import { openHost } from "@boot2docker/host-cli/src/host/open-host.ts";
import { machineDir, type MachineDir } from "@boot2docker/host-cli/src/machine-dir/dir.ts";
import type { agentMethods, ParamsOf, ResultOf } from "@boot2docker/protocol";
import type { Sandbox } from "./machine.ts";

const limitMs = 60_000;

/** The host of a sandbox's user, and the files of the machine there. */
export function hostOf(box: Sandbox): { host: Host; dir: MachineDir } {
  const host = { ...openHost(), env: box.env, homeDir: box.root };
  return { host, dir: machineDir(host, "boot2docker") };
}

/** One question to the machine's agent, as a command of the same user would ask it. Throws when none lives. */
export async function askAgent<K extends keyof typeof agentMethods>(
  box: Sandbox,
  method: K,
  params: ParamsOf<typeof agentMethods, K>,
): Promise<ResultOf<typeof agentMethods, K>> {
  const signal = AbortSignal.timeout(limitMs);
  const { host, dir } = hostOf(box);
  const agent = await connectToAgent(host, dir, () => undefined, signal);
  if (agent === undefined) throw new Error("the host agent does not answer");
  try {
    return await agent.call(method, params, signal);
  } finally {
    await agent.close();
  }
}
