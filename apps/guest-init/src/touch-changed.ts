import type { Folder, guestMethods, ParamsOf } from "@boot2docker/protocol";
import type { System } from "./system.ts";

type Changes = ParamsOf<typeof guestMethods, "folders.touch">["changes"];

/**
 * Has the guest's own watchers hear of what changed on the host, by giving each file the time that it has: the NFS client sends it, the
 * host's server finds that nothing changes, and the kernel here says "modified". What is gone, or not in a folder, is left alone.
 */
export async function touchChanged(
  changes: Changes,
  folders: readonly Folder[],
  { files }: System,
  signal: AbortSignal,
): Promise<void> {
  for (const { path, modifiedNs } of changes) {
    signal.throwIfAborted();
    if (!folders.some((folder) => `${path}/`.startsWith(`${folder.path}/`))) continue;
    await files.touch(path, BigInt(modifiedNs)).catch(() => undefined); // Gone meanwhile.
  }
}
