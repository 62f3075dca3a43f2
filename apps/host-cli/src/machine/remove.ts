import { forgetAutostart } from "../autostart/autostart.ts";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { machineAbsent } from "../machine-dir/machines.ts";
import { closeClientAccess, problemOf } from "./client-access.ts";
import type { Context } from "./context.ts";
import { checkMachineDirectory } from "./create.ts";
import { withLock } from "./lock.ts";
import { inRow } from "./row.ts";
import { runPowerOff } from "./stop.ts";

const deleted = ".deleted-";

/** Switches it off and deletes all that is its own. Its lock is held, or that under which machines are made. */
export async function runRemove(context: Context): Promise<void> {
  const { host, dir, progress, signal } = context;
  await runPowerOff(context);
  const left = {
    autostart: await problemOf(() => forgetAutostart(host, dir, signal)),
    "docker context": await closeClientAccess(host, dir),
  };
  for (const [what, problem] of Object.entries(left)) {
    if (problem !== undefined) progress.begin(what).done(`left as it is: ${problem.message}`);
  }
  await inRow(progress, `machine ${dir.name} deleted`, () => deleteMachineDirectory(host, dir));
}

/**
 * What has no settings: what a killed `init` left, or a machine whose file somebody took away, which may run. The lock is that under which
 * machines are made: this one may be, now.
 */
export async function removeUnfinished(context: Context): Promise<void> {
  const { host, dir, progress, signal } = context;
  await withLock(host, { path: dir.root.lock, what: dir.root.path, progress, signal }, async () => {
    if ((await host.files.stat(dir.config)) !== undefined) throw becameMachine(dir.name);
    if ((await host.files.stat(dir.path)) === undefined) throw await machineAbsent(host, dir.name);
    await checkMachineDirectory(host, dir);
    await runRemove(context);
  });
}

function becameMachine(name: string): UserError {
  return new UserError(`machine ${name} was made just now`, {
    code: "machine-exists",
    hint: `If it is meant: boot2docker delete ${name}`,
  });
}

/** The name is free at once, whatever happens while the files go; what a killed one left goes too. */
async function deleteMachineDirectory(host: Host, dir: MachineDir): Promise<void> {
  const { machines } = dir.root;
  await host.files.rename(dir.path, `${machines}/${deleted}${host.clock.randomId()}`);
  for (const name of await host.files.list(machines)) {
    if (name.startsWith(deleted)) await host.files.remove(`${machines}/${name}`);
  }
}
