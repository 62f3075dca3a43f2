import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "./dir.ts";

/**
 * Makes a blank data disk where there is none and returns its size. One that is there is kept as it is: it may be all
 * that is left of a machine whose other files were lost.
 *
 * The permission to format is written before the disk has its name: killed between the two, there is no disk, and a
 * disk without the permission was not made blank by us.
 */
export async function ensureDataDisk(host: Host, dir: MachineDir, sizeBytes: number): Promise<number> {
  const found = await host.files.stat(dir.dataDisk);
  if (found !== undefined) return found.sizeBytes;
  const unnamed = `${dir.dataDisk}.new`;
  await host.files.remove(unnamed);
  await host.files.createSparse(unnamed, sizeBytes);
  await host.files.writeAtomic(dir.unformatted, "");
  await host.files.rename(unnamed, dir.dataDisk);
  return sizeBytes;
}

/** Whether the guest may format the disk, should it be blank: only until it has once mounted it. */
export async function mayFormat(host: Host, dir: MachineDir): Promise<boolean> {
  return (await host.files.stat(dir.unformatted)) !== undefined;
}

export async function markFormatted(host: Host, dir: MachineDir): Promise<void> {
  await host.files.remove(dir.unformatted);
}

/** Throws UserError `data-disk-missing`: a new one in its place would look as if all images had been deleted. */
export async function checkDataDisk(host: Host, dir: MachineDir): Promise<void> {
  if ((await host.files.stat(dir.dataDisk)) !== undefined) return;
  throw new UserError(`the data disk of ${dir.name} is missing: ${dir.dataDisk}`, {
    code: "data-disk-missing",
    hint: `Put it back from a copy. Without one: boot2docker delete ${dir.name}, and make the machine anew.`,
  });
}
