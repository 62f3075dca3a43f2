import { beforeEach, describe, expect, it } from "vitest";
import { growDataDisk, planGrowth } from "./grow-data-disk.ts";
import { extSuperblock } from "./testing/ext-superblock.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const MIB = 1024 * 1024;
const TAIL = MIB / 8;
const never = new AbortController().signal;

describe("planGrowth", () => {
  it.each([
    ["a disk that is used to its end", 1024 * MIB - TAIL, 1024 * MIB, false, undefined],
    ["one that gained a little", 1024 * MIB - TAIL, 1030 * MIB, false, undefined],
    ["one that gained a lot", 1024 * MIB - TAIL, 2048 * MIB, false, 2048 * MIB - TAIL],
    ["a partition, which has no tail", 1024 * MIB, 2048 * MIB, true, 2048 * MIB],
    ["one that became smaller", 2048 * MIB, 1024 * MIB, false, undefined],
  ])("%s", (_, fileSystem, device, isPartition, to) => {
    expect(planGrowth(fileSystem, device, isPartition)?.toBytes).toBe(to);
  });
});

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
  system.content.set("/dev/vdb", extSuperblock({ blocks: (64 * MIB) / 4096 }));
  system.content.set("/sys/class/block/vdb/size", `${(128 * MIB) / 512}\n`);
});

it("the file system gets what the disk gained, but for the tail", async () => {
  expect(await growDataDisk("/dev/vdb", system, never)).toEqual({ fromBytes: 64 * MIB, toBytes: 128 * MIB - TAIL });
  expect(system.history).toEqual([`run /usr/sbin/resize2fs /dev/vdb ${(128 * MIB - TAIL) / 1024}K`]);
});

it("resize2fs that fails is told with its words", async () => {
  system.programs.set("/usr/sbin/resize2fs", { code: 1, stdout: "", stderr: "no space for the group descriptors\n" });
  await expect(growDataDisk("/dev/vdb", system, never)).rejects.toThrow("code 1: no space for the group descriptors");
});
