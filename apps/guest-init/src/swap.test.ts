import { beforeEach, expect, it } from "vitest";
import { doSwapStep, endDiskSwap, planSwap, readSwapFacts, type SwapFacts } from "./swap.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const GIB = 1024 ** 3;
const never = new AbortController().signal;
const FILE = "/mnt/data/var/lib/boot2docker/swapfile";
const zram = { do: "zram", sizeBytes: GIB / 2 };
const make = { do: "make-file", path: FILE, sizeBytes: GIB };
const use = (path: string) => ({ do: "use", path, priority: 10 });

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
});

const machine: SwapFacts = {
  memoryBytes: 2 * GIB,
  disk: { sizeBytes: 20 * GIB, freeBytes: 18 * GIB },
  partitions: [],
  hasSwapFile: false,
  active: [],
};

it.each<[string, Partial<SwapFacts>, object[]]>([
  ["a new machine gets a quarter of its memory as zram, and a file", {}, [zram, make, use(FILE)]],
  ["a file that is there is used", { hasSwapFile: true }, [zram, use(FILE)]],
  ["a small disk gets none", { disk: { sizeBytes: 7 * GIB, freeBytes: 7 * GIB } }, [zram]],
  ["nor does one that is nearly full", { disk: { sizeBytes: 20 * GIB, freeBytes: 2 * GIB } }, [zram]],
  ["a machine without a disk has zram only", { disk: undefined }, [zram]],
  ["an old disk's partition stands in for the file", { partitions: ["/dev/vda2"] }, [zram, use("/dev/vda2")]],
  ["what an earlier guest-init did is not done again", { active: ["/dev/zram0", FILE], hasSwapFile: true }, []],
  ["nor is it with a partition", { active: ["/dev/zram0", "/dev/vda2"], partitions: ["/dev/vda2"] }, []],
])("%s", (_, facts, steps) => {
  expect(planSwap({ ...machine, ...facts })).toEqual(steps);
});

it("finds the swap partition beside the data, by its signature", async () => {
  const area = new Uint8Array(4096);
  area.set(new TextEncoder().encode("SWAPSPACE2"), 4086);
  for (const name of ["vda1", "vda2", "vda3"]) system.content.set(`/sys/block/vda/${name}/partition`, "1");
  system.content.set("/dev/vda2", area);
  system.content.set("/dev/vda3", new Uint8Array(4096));
  system.content.set("/proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n");
  system.content.set("/proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 100\n");
  const data = { device: "/dev/vda1", space: { sizeBytes: 1, freeBytes: 1 } };
  expect(await readSwapFacts(data, system)).toEqual({
    memoryBytes: 2 * 1024 * 1024,
    disk: data.space,
    partitions: ["/dev/vda2"],
    hasSwapFile: false,
    active: ["/dev/zram0"],
  });
});

it("a swap file has its name only when it is whole", async () => {
  await doSwapStep({ do: "make-file", path: FILE, sizeBytes: GIB }, system, never);
  expect(system.history).toEqual([
    `write ${FILE}.new 600`,
    `run /usr/bin/fallocate -l ${GIB} ${FILE}.new`,
    `run /usr/sbin/mkswap ${FILE}.new`,
    `sync ${FILE}.new`,
    `run /usr/bin/mv ${FILE}.new ${FILE}`,
  ]);
});

it("before the disk is unmounted, what is swapped to it ends; zram does no harm", async () => {
  system.content.set("/proc/swaps", `Filename\n/dev/zram0 partition\n${FILE} file\n`);
  await endDiskSwap(system, never);
  expect(system.history).toEqual([`run /usr/sbin/swapoff ${FILE}`]);
});
