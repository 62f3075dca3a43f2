import { parseExtSuperblock } from "./ext4.ts";
import { TAIL_BYTES } from "./format-data-disk.ts";
import type { System } from "./system.ts";

const SECTOR_BYTES = 512;
/** Less is not worth the work: a file system ends at a whole block, and an old one may end a little early. */
const LEAST_GROWTH_BYTES = 16 * 1024 * 1024;
const SUPERBLOCK_END = 2048;

export interface Growth {
  /** Of the file system. */
  fromBytes: number;
  toBytes: number;
}

/** Undefined when the file system has all of its device that it may have. */
export function planGrowth(fileSystemBytes: number, deviceBytes: number, isPartition: boolean): Growth | undefined {
  const toBytes = isPartition ? deviceBytes : deviceBytes - TAIL_BYTES;
  return toBytes - fileSystemBytes < LEAST_GROWTH_BYTES ? undefined : { fromBytes: fileSystemBytes, toBytes };
}

/** Lets the mounted file system have what its device has gained. Nothing to do is no error. */
export async function growDataDisk(
  device: string,
  { files, processes }: System,
  signal: AbortSignal,
): Promise<Growth | undefined> {
  const facts = parseExtSuperblock(await files.readPart(device, 0, SUPERBLOCK_END));
  if (facts === undefined) throw new Error(`${device} holds no ext file system`);
  const sysfs = `/sys/class/block/${device.replace("/dev/", "")}`;
  const deviceBytes = Number(await files.readText(`${sysfs}/size`)) * SECTOR_BYTES;
  const isPartition = (await files.stat(`${sysfs}/partition`)) !== undefined;
  const growth = planGrowth(facts.fileSystemBytes, deviceBytes, isPartition);
  if (growth === undefined) return undefined;
  const argv = ["/usr/sbin/resize2fs", device, `${Math.floor(growth.toBytes / 1024)}K`] as const;
  const { code, stderr } = await processes.run(argv, signal);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with code ${String(code)}: ${stderr.trim()}`);
  return growth;
}
