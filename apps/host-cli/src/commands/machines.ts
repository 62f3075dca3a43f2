import { exitCodes, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Machine, MachineStatus } from "../machine/machine.ts";
import { type Context, defaultMachine } from "./verb.ts";

/** Where a machine's ports are. The guest's own address is of a network inside QEMU: nobody reaches it from here. */
export const address = "127.0.0.1";

/** The machine that the first operand names. What is behind it is loaded only now: `--help` does without. */
export async function namedMachine({ host }: Context, operands: readonly string[]): Promise<Machine> {
  const { openMachine } = await import("../machine/open-machine.ts");
  return openMachine(host, operands[0] ?? defaultMachine);
}

export async function machineExists(host: Host, name: string): Promise<boolean> {
  const { listMachines } = await import("../machine-dir/machines.ts");
  return (await listMachines(host)).includes(name);
}

/** Throws UserError `machine-absent` (exit 3). */
export async function checkExists({ host }: Context, name: string): Promise<void> {
  if (await machineExists(host, name)) return;
  const { machineAbsent } = await import("../machine-dir/machines.ts");
  throw await machineAbsent(host, name);
}

/** Of the machine that docker clients use here; undefined when they use none. */
export async function readActive({ host }: Context): Promise<string | undefined> {
  const [{ listMachines }, { openMachine }] = await Promise.all([
    import("../machine-dir/machines.ts"),
    import("../machine/open-machine.ts"),
  ]);
  for (const name of await listMachines(host)) {
    // What one machine can't say of itself is no answer for another.
    if (
      await openMachine(host, name)
        .isActive()
        .catch(() => false)
    )
      return name;
  }
  return undefined;
}

/** Throws UserError `machine-absent` or `machine-not-running` (exit 3) where there is nothing to talk to. */
export async function runningStatus(
  { host, signal }: Context,
  machine: Machine,
): Promise<Exclude<MachineStatus, { state: "absent" | "stopped" | "stopping" }>> {
  const status = await machine.status(signal);
  switch (status.state) {
    case "absent": {
      const { machineAbsent } = await import("../machine-dir/machines.ts");
      throw await machineAbsent(host, machine.name);
    }
    case "stopped":
    case "stopping":
      throw new UserError(`machine ${machine.name} is ${status.state}`, {
        code: "machine-not-running",
        hint: `Start it with: boot2docker up ${machine.name}`,
        exitCode: exitCodes.notRunning,
      });
    case "starting":
    case "running":
    case "degraded":
    case "unreachable":
      return status;
  }
}
