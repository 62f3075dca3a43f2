import { DATA_MOUNT } from "./paths.ts";
import type { System } from "./system.ts";

const GIB = 1024 ** 3;
/** On the data disk: a guest that is short of memory becomes slow before it has to kill. */
const SWAP_FILE = `${DATA_MOUNT}/var/lib/boot2docker/swapfile`;
const SWAP_FILE_BYTES = GIB;
const LEAST_DISK_BYTES = 8 * GIB;
/** The user's own data come first. */
const LEAST_FREE_BYTES = 3 * GIB;
/** Compressed memory is faster than any disk. Its size is what it holds, not what it takes. */
const ZRAM_SHARE = 4;
const PRIORITY = { zram: 100, disk: 10 } as const;
/** A swap area's signature is at the end of its first page; see mkswap(8). */
const SIGNATURE = { offset: 4086, text: "SWAPSPACE2" } as const;

export interface SwapFacts {
  memoryBytes: number;
  /** Undefined when memory stands in its place. */
  disk: { sizeBytes: number; freeBytes: number } | undefined;
  /** Partitions of the data disk that hold a swap area: old boot2docker made one (PER-06). */
  partitions: readonly string[];
  hasSwapFile: boolean;
  /** What is swapped to already, after an earlier guest-init. */
  active: readonly string[];
}

export type SwapStep =
  | { do: "zram"; sizeBytes: number }
  | { do: "use"; path: string; priority: number }
  | { do: "make-file"; path: string; sizeBytes: number };

export function planSwap({ memoryBytes, disk, partitions, hasSwapFile, active }: SwapFacts): SwapStep[] {
  const zram: SwapStep = { do: "zram", sizeBytes: Math.floor(memoryBytes / ZRAM_SHARE / 4096) * 4096 };
  const steps: SwapStep[] = active.some((path) => path.startsWith("/dev/zram")) ? [] : [zram];
  const use = (path: string): SwapStep => ({ do: "use", path, priority: PRIORITY.disk });
  if (partitions.length > 0) {
    return [...steps, ...partitions.filter((path) => !active.includes(path)).map(use)];
  }
  if (disk === undefined || disk.sizeBytes < LEAST_DISK_BYTES || active.includes(SWAP_FILE)) return steps;
  if (hasSwapFile) return [...steps, use(SWAP_FILE)];
  if (disk.freeBytes < LEAST_FREE_BYTES) return steps;
  return [...steps, { do: "make-file", path: SWAP_FILE, sizeBytes: SWAP_FILE_BYTES }, use(SWAP_FILE)];
}

/** `device` holds the data; `space` is that of its file system. */
export async function readSwapFacts(
  data: { device: string; space: { sizeBytes: number; freeBytes: number } } | undefined,
  { files }: System,
): Promise<SwapFacts> {
  const memoryKib = Number(/^MemTotal:\s+(\d+) kB$/m.exec((await files.readText("/proc/meminfo")) ?? "")?.[1] ?? 0);
  const swaps = ((await files.readText("/proc/swaps")) ?? "").trim().split("\n").slice(1);
  return {
    memoryBytes: memoryKib * 1024,
    disk: data?.space,
    partitions: data === undefined ? [] : await findSwapPartitions(data.device, files),
    hasSwapFile: (await files.stat(SWAP_FILE)) !== undefined,
    active: swaps.map((line) => line.split(/\s+/)[0] ?? ""),
  };
}

/** On the disk of which `device` is a partition; a whole disk has none. */
async function findSwapPartitions(device: string, files: System["files"]): Promise<string[]> {
  const name = device.replace("/dev/", "");
  const disks = await files.list("/sys/block");
  const disk = disks.find((candidate) => candidate !== name && name.startsWith(candidate));
  if (disk === undefined) return [];
  const siblings = (await files.list(`/sys/block/${disk}`)).filter((entry) => entry.startsWith(disk) && entry !== name);
  const found: string[] = [];
  for (const path of siblings.map((sibling) => `/dev/${sibling}`)) {
    const mark = await files.readPart(path, SIGNATURE.offset, SIGNATURE.text.length);
    if (new TextDecoder().decode(mark) === SIGNATURE.text) found.push(path);
  }
  return found;
}

export async function doSwapStep(step: SwapStep, system: System, signal: AbortSignal): Promise<void> {
  const run = async (...argv: [string, ...string[]]): Promise<void> => {
    const { code, stderr } = await system.processes.run(argv, signal);
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with code ${String(code)}: ${stderr.trim()}`);
  };
  switch (step.do) {
    case "zram":
      await run("/usr/sbin/modprobe", "zram");
      await system.files.set("/sys/block/zram0/comp_algorithm", "lz4");
      await system.files.set("/sys/block/zram0/disksize", String(step.sizeBytes));
      await run("/usr/sbin/mkswap", "/dev/zram0");
      return run("/usr/sbin/swapon", "--discard", "--priority", String(PRIORITY.zram), "/dev/zram0");
    case "make-file": {
      // By its name only when it is whole: a power cut leaves no half of one.
      const unnamed = `${step.path}.new`;
      await system.files.write(unnamed, "", { mode: 0o600 });
      await run("/usr/bin/fallocate", "-l", String(step.sizeBytes), unnamed);
      await run("/usr/sbin/mkswap", unnamed);
      await system.mounts.sync(unnamed);
      return run("/usr/bin/mv", unnamed, step.path);
    }
    case "use":
      return run("/usr/sbin/swapon", "--priority", String(step.priority), step.path);
    default:
      return step satisfies never;
  }
}

/** Of what is on disks: the file system under a swap file cannot be unmounted. */
export async function endDiskSwap(system: System, signal: AbortSignal): Promise<void> {
  const { active } = await readSwapFacts(undefined, system);
  for (const path of active.filter((name) => !name.startsWith("/dev/zram"))) {
    const { code, stderr } = await system.processes.run(["/usr/sbin/swapoff", path], signal);
    if (code !== 0) throw new Error(`swapoff ${path} ended with code ${String(code)}: ${stderr.trim()}`);
  }
}
