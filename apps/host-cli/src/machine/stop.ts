import type { AgentStatus } from "../agent/control.ts";
import { connectToAgent } from "../agent/open-agent.ts";
import { stopsVm } from "../agent/vm-problems.ts";
import { UserError } from "../errors.ts";
import type { Context } from "./context.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { inRow } from "./row.ts";

const pollMs = 100;
const askLimitMs = 10_000;
const killLimitMs = 20_000;
const agentLimitMs = 20_000;

export interface DownOptions {
  timeoutMs: number;
  force: boolean;
}

/** Asks the guest to shut down and waits for the VM to be gone. The machine's lock is held. */
export async function runDown(context: Context, { timeoutMs, force }: DownOptions): Promise<void> {
  const { driver } = context;
  if ((await driver.inspect()).state === "on") {
    try {
      await askToShutDown(context);
      await awaitEnd(context, timeoutMs);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!force) throw error;
      await killVm(context);
    }
  }
  await cleanUp(context);
}

/** Without a word to the guest. The machine's lock is held. */
export async function runPowerOff(context: Context): Promise<void> {
  if ((await context.driver.inspect()).state === "on") await killVm(context);
  await cleanUp(context);
}

async function killVm({ driver, host, dir, progress, signal }: Context): Promise<void> {
  const limit = host.clock.deadline(killLimitMs, signal);
  try {
    await inRow(progress, "VM killed", () => driver.stop("kill", limit));
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`the VM of ${dir.name} is still there ${killLimitMs / 1000} s after it was killed`, {
      code: "vm-not-killed",
      hint: "It waits for a disk or a file system of this host that does not answer: look at that first.",
      cause: error,
    });
  }
}

/** After the VM: its agent ends by itself. */
async function cleanUp({ host, dir, driver, signal }: Context): Promise<void> {
  const limit = host.clock.deadline(agentLimitMs, signal);
  try {
    for (;;) {
      await using lock = await host.files.tryLock(dir.agentLock);
      if (lock !== undefined) break;
      await host.clock.delay(pollMs, limit);
    }
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`the VM of ${dir.name} is off, but its host agent did not end in ${agentLimitMs / 1000} s`, {
      code: "agent-busy",
      hint: `What it did is in ${dir.agentLog}. End the process "boot2docker agent ${dir.name}", then call this again.`,
      cause: error,
    });
  }
  await driver.sweep();
}

/** Waits for the end of a VM that was told to end. Throws UserError `shutdown-timeout`. */
async function awaitEnd({ host, dir, driver, progress, signal }: Context, timeoutMs: number): Promise<void> {
  const row = progress.begin("guest shut down", timeoutMs);
  const limit = host.clock.deadline(timeoutMs, signal);
  try {
    while ((await driver.inspect()).state === "on") await host.clock.delay(pollMs, limit);
    row.done();
  } catch (error) {
    row.fail("it still runs");
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`${dir.name} did not shut down in ${timeoutMs / 1000} s`, {
      code: "shutdown-timeout",
      hint: "Wait longer, or kill it with --force: the data disk's journal and Docker cope with that.",
      cause: error,
    });
  }
}

/** Through the channel, which says what went wrong; by the power button when nobody answers there. */
async function askToShutDown({ host, dir, driver, signal }: Context): Promise<void> {
  const limit = host.clock.deadline(askLimitMs, signal);
  const agent = await connectToAgent(host, dir, () => undefined, limit);
  try {
    if (agent === undefined) throw new Error("the host agent does not answer");
    checkRuns(await agent.call("agent.status", {}, limit), dir);
    await agent.call("shutdown", { mode: "poweroff" }, limit);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError) throw error;
    await driver.stop("acpi", host.clock.deadline(askLimitMs, signal));
  } finally {
    await agent?.close();
  }
}

/** Throws UserError: a VM that stands still hears neither a request nor its power button. */
function checkRuns({ problems = [] }: AgentStatus, dir: MachineDir): void {
  const problem = problems.find(stopsVm);
  if (problem === undefined) return;
  const { code, hint = `To end it without a shutdown: boot2docker down --force ${dir.name}` } = problem;
  throw UserError.of({ code, message: `${dir.name} can't shut down: ${problem.message}`, hint });
}
