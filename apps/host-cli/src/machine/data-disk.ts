import { FORMAT_REQUEST } from "@boot2docker/protocol";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";

/**
 * Makes a data disk where there is none and returns its size. One that is there is kept as it is: it may be all that is
 * left of a machine whose other files were lost.
 *
 * The new one asks the guest to format it, and has its name only when that is on it. Whatever else comes to lie under
 * this name does not ask, and is never formatted.
 */
export async function ensureDataDisk(host: Host, dir: MachineDir, sizeBytes: number): Promise<number> {
  const found = await host.files.stat(dir.dataDisk);
  if (found !== undefined) return found.sizeBytes;
  const unnamed = `${dir.dataDisk}.new`;
  await host.files.remove(unnamed);
  await host.files.createSparse(unnamed, sizeBytes, FORMAT_REQUEST);
  await host.files.rename(unnamed, dir.dataDisk);
  return sizeBytes;
}

/** Throws UserError `data-disk-missing`: a new one in its place would look as if all images had been deleted. */
export async function checkDataDisk(host: Host, dir: MachineDir): Promise<void> {
  if ((await host.files.stat(dir.dataDisk)) !== undefined) return;
  throw new UserError(`the data disk of ${dir.name} is missing: ${dir.dataDisk}`, {
    code: "data-disk-missing",
    hint: `Put it back from a copy. Without one: boot2docker delete ${dir.name}, and make the machine anew.`,
  });
}
