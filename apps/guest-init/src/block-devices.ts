import { CHECK_REQUEST, FORMAT_REQUEST, REQUEST_BYTES } from "@boot2docker/protocol";
import { type Content, DATA_LABEL, type Disk, type Volume } from "./data-disk.ts";
import { parseExtSuperblock } from "./ext4.ts";
import { messageOf } from "./problem.ts";
import type { System } from "./system.ts";

const MIB = 1024 * 1024;
const SECTOR_BYTES = 512;
/** Exit code of blkid(8) when it finds nothing. */
const BLKID_NOTHING = 2;
/** No disks of their own: memory, loops, optical drives, floppies, network, layers over other disks. */
const NO_DISK = /^(ram|zram|loop|sr|fd|nbd|dm-|md)/;

/** Serial number of the read-only disk that holds the root; see the machine's drivers. */
const ROOT_SERIAL = "b2d-root";

/** All disks that could hold the data: writable, not the system's. Only reads. */
export async function probeDisks(system: System, signal: AbortSignal): Promise<Disk[]> {
  const names = (await system.files.list("/sys/block")).filter((name) => !NO_DISK.test(name));
  const disks: Disk[] = [];
  for (const name of names) {
    const disk = await probeDisk(name, system, signal);
    if (disk !== undefined) disks.push(disk);
  }
  return disks;
}

async function probeDisk(name: string, system: System, signal: AbortSignal): Promise<Disk | undefined> {
  const { files } = system;
  const read = async (file: string): Promise<string> =>
    (await files.readText(`/sys/block/${name}/${file}`))?.trim() ?? "";
  const serial = (await read("serial")) || (await read("device/serial"));
  const sizeBytes = Number(await read("size")) * SECTOR_BYTES;
  if ((await read("ro")) === "1" || serial === ROOT_SERIAL || sizeBytes === 0) return undefined;
  const parts = (await files.list(`/sys/block/${name}`)).filter((entry) => entry.startsWith(name));
  const partitions: Volume[] = [];
  for (const part of parts)
    partitions.push({ device: `/dev/${part}`, content: await probeStart(`/dev/${part}`, system) });
  const device = `/dev/${name}`;
  const content = await probeContent(device, sizeBytes, system, signal);
  return {
    device,
    serial,
    sizeBytes,
    partitions,
    content,
    isToBeChecked: await asksForCheck(device, sizeBytes, system),
  };
}

async function asksForCheck(device: string, sizeBytes: number, { files }: System): Promise<boolean> {
  try {
    return beginsWith(await files.readPart(device, sizeBytes - REQUEST_BYTES, REQUEST_BYTES), CHECK_REQUEST);
  } catch {
    return false; // It cannot be read at all, which its content says.
  }
}

async function probeContent(device: string, sizeBytes: number, system: System, signal: AbortSignal): Promise<Content> {
  const start = await probeStart(device, system);
  const isUnused = start.kind === "ext" && start.label === DATA_LABEL && !start.wasMounted;
  if (start.kind !== "other" && !isUnused) return start;
  try {
    const head = await system.files.readPart(device, 0, MIB);
    // mkfs begins with zeros at the start, and the superblock comes last.
    const mayBeUnfinished = isUnused || isZero(head.subarray(0, REQUEST_BYTES));
    const end = await system.files.readPart(device, sizeBytes - REQUEST_BYTES, REQUEST_BYTES);
    if (mayBeUnfinished && hasRequest(end)) return { kind: "magic", at: "end" };
    if (isUnused) return start;
    // blkid alone is no proof of blankness: it knows nothing of a damaged superblock, a lone backup GPT, a raw tar.
    const tail = await system.files.readPart(device, Math.max(0, sizeBytes - MIB), MIB);
    if (!isZero(head) || !isZero(tail)) return { kind: "other", what: describe(head) };
    const { code, stdout, stderr } = await system.processes.run(
      ["/usr/sbin/blkid", "-p", "-o", "export", device],
      signal,
    );
    if (code === BLKID_NOTHING) return { kind: "blank" };
    if (code === 0) return { kind: "other", what: stdout.trim().replaceAll("\n", " ") };
    return { kind: "unknown", why: `blkid ended with code ${String(code)}: ${stderr.trim()}` };
  } catch (error) {
    return { kind: "unknown", why: messageOf(error) };
  }
}

/** What the first bytes tell; `other` when they tell nothing. */
async function probeStart(device: string, { files }: System): Promise<Content> {
  try {
    const start = await files.readPart(device, 0, REQUEST_BYTES);
    const ext = parseExtSuperblock(start);
    if (ext !== undefined) return { kind: "ext", ...ext };
    return hasRequest(start) ? { kind: "magic", at: "start" } : { kind: "other", what: "" };
  } catch (error) {
    return { kind: "unknown", why: messageOf(error) };
  }
}

function hasRequest(block: Uint8Array): boolean {
  return beginsWith(block, FORMAT_REQUEST);
}

function beginsWith(block: Uint8Array, text: string): boolean {
  return new TextDecoder("latin1").decode(block.subarray(0, text.length)) === text;
}

function describe(head: Uint8Array): string {
  const gpt = new TextDecoder("latin1").decode(head.subarray(512, 520)) === "EFI PART";
  if (gpt || (head[510] === 0x55 && head[511] === 0xaa)) return "it has a partition table";
  return isZero(head) ? "its last MiB is not zero" : "its first MiB is not zero";
}

function isZero(bytes: Uint8Array): boolean {
  // memcmp: a loop over two MiB would take a tenth of the whole boot.
  return Buffer.compare(bytes, new Uint8Array(bytes.byteLength)) === 0;
}
