import { UserError } from "../errors.ts";
import { reasonsOf } from "../guest-state.ts";
import type { MachineStatus } from "../machine/machine.ts";
import { writeSize } from "../size.ts";
import { address } from "./machines.ts";
import { untilAborted } from "./until-aborted.ts";
import type { Context } from "./verb.ts";

/** One machine among others, as `list` tells it. */
export interface MachineRow {
  name: string;
  /** A docker client that is started here and now goes there. */
  isActive: boolean;
  /** As `status` says it; `timeout` when it did not say so in time, `unreadable` when its settings can't be read. */
  state: MachineStatus["state"] | "timeout" | "unreadable";
  cpus?: number;
  memory?: string;
  diskSize?: string;
  /** Where Docker answers when it runs. */
  url?: string;
  socket?: string;
  /** Of Docker; of a machine that runs. */
  engineVersion?: string;
  problems: string[];
}

/** All of them at once, sorted by name. One that does not answer holds up nobody for longer than `limitMs`. */
export async function readRows(context: Context, limitMs: number): Promise<MachineRow[]> {
  const { listMachines } = await import("../machine-dir/machines.ts");
  const names = (await listMachines(context.host)).sort();
  return Promise.all(names.map((name) => readRow(context, name, limitMs)));
}

async function readRow({ host, signal }: Context, name: string, limitMs: number): Promise<MachineRow> {
  const [{ openMachine }, { machineDir }] = await Promise.all([
    import("../machine/open-machine.ts"),
    import("../machine-dir/dir.ts"),
  ]);
  const machine = openMachine(host, name);
  const row: MachineRow = { name, isActive: false, state: "unreadable", problems: [] };
  const settingsLimit = host.clock.deadline(limitMs, signal);
  const silent = `it did not answer in ${limitMs / 1000} s`;
  try {
    const { cpus, memoryMiB, diskBytes, dockerPort } = await untilAborted(machine.readConfig(), settingsLimit);
    const described = {
      ...row,
      state: "timeout" as const,
      isActive: await machine.isActive().catch(() => false), // A docker client whose settings can't be read uses none.
      cpus,
      memory: writeSize(memoryMiB * 2 ** 20),
      diskSize: writeSize(diskBytes),
      url: `tcp://${address}:${dockerPort}`,
      socket: `unix://${machineDir(host, name).dockerSocket}`,
    };
    const limit = host.clock.deadline(limitMs, signal);
    try {
      return { ...described, ...observed(await untilAborted(machine.status(limit), limit)) };
    } catch (error) {
      signal.throwIfAborted();
      return { ...described, problems: [limit.aborted ? silent : messageOf(error)] };
    }
  } catch (error) {
    signal.throwIfAborted();
    return {
      ...row,
      problems: [settingsLimit.aborted ? `its settings can't be read in ${limitMs / 1000} s` : messageOf(error)],
    };
  }
}

function observed(status: MachineStatus): Pick<MachineRow, "state" | "engineVersion" | "problems"> {
  const { state } = status;
  const guest = "guest" in status ? status.guest : undefined;
  return {
    state,
    ...(guest?.engineVersion === undefined ? {} : { engineVersion: guest.engineVersion }),
    problems:
      state === "unreachable"
        ? [status.detail]
        : guest === undefined
          ? []
          : reasonsOf(guest).map(({ message }) => message),
  };
}

const messageOf = (error: unknown): string => (error instanceof UserError ? error.message : String(error));
