import { exitCodes, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import { nearest } from "../nearest.ts";
import { isMachineName, machineDir, rootDir } from "./dir.ts";

/** Names of all machines, sorted; one whose settings can't be read is among them. */
export async function listMachines(host: Host): Promise<string[]> {
  const { machines } = rootDir(host);
  const names = (await host.files.list(machines)).filter(isMachineName);
  const found = await Promise.all(
    names.map(async (name) => ((await host.files.stat(machineDir(host, name).config)) === undefined ? [] : [name])),
  );
  return found.flat();
}

/** How many are told. */
const most = 8;

export async function machineAbsent(host: Host, name: string): Promise<UserError> {
  const machines = await listMachines(host);
  const meant = nearest(name, machines);
  return new UserError(`there is no machine ${name}`, {
    code: "machine-absent",
    hint:
      meant === undefined
        ? `${machines.length === 0 ? "" : `There are ${machines.slice(0, most).join(", ")}${machines.length > most ? " …" : ""}. `}To make it: boot2docker init ${name}`
        : `Did you mean ${meant}? To make it: boot2docker init ${name}`,
    exitCode: exitCodes.notRunning,
  });
}
