import type { Reason } from "@boot2docker/protocol";
import type { Observations } from "./state.ts";
import type { System } from "./system.ts";

const INTERVAL_MS = 30_000;
/** Then containers and builds fail. What the file system keeps for root lets the engine itself go on. */
const FULL_BELOW_BYTES = 32 * 1024 * 1024;
const MIB = 1024 * 1024;

export function fullReason({ sizeBytes, freeBytes }: { sizeBytes: number; freeBytes: number }): Reason | undefined {
  if (freeBytes >= FULL_BELOW_BYTES) return undefined;
  return {
    code: "data-disk-full",
    message: `the data disk is full: ${Math.floor(freeBytes / MIB)} of ${Math.floor(sizeBytes / MIB)} MiB are free`,
    hint: "`docker system prune` removes what nothing uses; `boot2docker disk grow 40g` makes the disk larger.",
  };
}

/** Looks now and then, since nobody tells when a disk fills up. `changed` is called when it became full, or is no more. */
export async function watchSpace(
  seen: Observations,
  { files, clock }: System,
  changed: () => void,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const before = seen.diskFull?.message;
    const { dataDisk } = seen;
    try {
      seen.diskFull = dataDisk && fullReason(await files.space(dataDisk.mountPoint));
    } catch (error) {
      failed(error);
    }
    if (seen.diskFull?.message !== before) changed();
    await clock.wait(INTERVAL_MS, signal).catch(() => undefined); // told to end
  }
}
