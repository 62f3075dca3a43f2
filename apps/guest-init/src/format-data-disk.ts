import { FORMAT_REQUEST, REQUEST_BYTES } from "@boot2docker/protocol";
import { DATA_LABEL, type Disk } from "./data-disk.ts";
import type { System } from "./system.ts";

/** At the end of a whole disk, and no part of its file system. mkfs wipes the last 64 KiB of what it is given. */
export const TAIL_BYTES = 128 * 1024;

/**
 * While it lasts, the request to format is at the end of the disk, which is kept out of the file system: cut short, it
 * is begun anew at the next boot. Returns the user's archive that came with the request.
 */
export async function formatDataDisk(
  disk: Disk,
  { files, processes }: System,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { device, content } = disk;
  const end = disk.sizeBytes - REQUEST_BYTES;
  const request = new Uint8Array(REQUEST_BYTES);
  if (content.kind === "magic")
    request.set(await files.readPart(device, content.at === "end" ? end : 0, REQUEST_BYTES));
  else request.set(new TextEncoder().encode(FORMAT_REQUEST));
  await files.overwrite(device, end, request);
  await makeFileSystem(device, disk.sizeBytes - TAIL_BYTES, processes, signal);
  await clearRequest(disk, { files });
  return request.subarray(FORMAT_REQUEST.length).some((byte) => byte !== 0) ? request : undefined;
}

/** That at the end of a disk. */
export function clearRequest({ device, sizeBytes }: Disk, { files }: Pick<System, "files">): Promise<void> {
  return files.overwrite(device, sizeBytes - REQUEST_BYTES, new Uint8Array(REQUEST_BYTES));
}

async function makeFileSystem(
  device: string,
  sizeBytes: number,
  processes: System["processes"],
  signal: AbortSignal,
): Promise<void> {
  const { code, stderr } = await processes.run(
    [
      "/usr/sbin/mkfs.ext4",
      "-q",
      // It would wait for an answer otherwise. planDataDisk has made sure that there is nothing to lose.
      "-F",
      // Many small files: overlay2 ran out of inodes with the default ratio (PER-07).
      ...["-i", "8192"],
      ...["-L", DATA_LABEL],
      // The kernel finishes in the background; a fresh disk has nothing to discard.
      ...["-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1"],
      device,
      `${Math.floor(sizeBytes / 1024)}k`,
    ],
    signal,
  );
  if (code !== 0) throw new Error(`mkfs.ext4 ${device} ended with code ${String(code)}: ${stderr.trim()}`);
}
