import { stopsVm } from "../agent/vm-problems.ts";
import { connectToAgent } from "../agent/open-agent.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import type { Context } from "./context.ts";
import { type Observation, observe } from "./observe.ts";
import { inRow } from "./row.ts";
import { runUp } from "./up.ts";

const resetLimitMs = 20_000;
const pollMs = 100;

/** Until Docker answers again. The machine's lock is held. */
export async function runReset(context: Context, config: MachineConfig): Promise<void> {
  const { host, dir, driver, progress, signal } = context;
  if ((await driver.inspect()).state === "off") {
    throw new UserError(`machine ${dir.name} is stopped`, {
      code: "machine-not-running",
      hint: `Start it with: boot2docker up ${dir.name}`,
      exitCode: exitCodes.notRunning,
    });
  }
  await inRow(progress, "VM reset", async () => {
    const limit = host.clock.deadline(resetLimitMs, signal);
    const before = await look(context, limit);
    await driver.reset(limit);
    // The agent has the state of before until the guest has said hello again, or is missed, and until it has looked at the VM.
    for (let seen = before; isOfBefore(seen, before); seen = await look(context, limit)) {
      await host.clock.delay(pollMs, limit);
    }
  });
  await runUp(context, config);
}

function isOfBefore({ agent, guest }: Observation, before: Observation): boolean {
  const isStopped = agent?.problems?.some(stopsVm) === true;
  return isStopped || (guest !== undefined && before.guest !== undefined && guest.uptimeMs >= before.guest.uptimeMs);
}

async function look({ host, dir, driver }: Context, signal: AbortSignal): Promise<Observation> {
  const agent = await connectToAgent(host, dir, () => undefined, signal);
  try {
    return await observe(host, driver, agent, signal);
  } finally {
    await agent?.close();
  }
}
