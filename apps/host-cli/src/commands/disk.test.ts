import { CHECK_REQUEST, REQUEST_BYTES } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, formatDataDisk, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));
const GIB = 2 ** 30;

test("info tells what it is on the host, and in the guest when that runs", async () => {
  const { world, dir } = await worldWithMachine();
  const stopped = JSON.parse((await run(world, "disk info m1 --json")).stdout) as object;
  expect(stopped).toMatchObject({ name: "m1", path: dir.dataDisk, sizeBytes: machineConfig.diskBytes });
  expect(stopped).not.toHaveProperty("guest");
  await bringUp(world);
  expect((await run(world, "disk info m1")).stdout).toMatch(/size {7}8 GiB\n.*\ndevice {5}\/dev\/vdb\n/);
});

test("grow of a stopped machine makes the file longer, and the settings say so", async () => {
  const { world, dir } = await worldWithMachine();
  expect(await run(world, "disk grow m1 40g")).toMatchObject({ code: 0, stdout: "" });
  expect((await world.host().files.stat(dir.dataDisk))?.sizeBytes).toBe(40 * GIB);
  expect(JSON.parse(world.disk.text(dir.config) ?? "")).toMatchObject({ diskSize: "40g" });
});

test("grow of a running machine goes through its VM, then its guest", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect(await run(world, "disk grow m1 40g")).toMatchObject({ code: 0 });
  expect(world.vms[0]?.history.slice(-2)).toEqual([`disk grown to ${40 * GIB}`, "file system grown"]);
});

test("a disk never becomes smaller", async () => {
  const { world, dir } = await worldWithMachine();
  const said = await run(world, "disk grow m1 4g");
  expect(said).toMatchObject({ code: 2, stdout: "" });
  expect(said.stderr).toContain("the disk of m1 has 8 GiB and cannot become 4 GiB");
  expect((await world.host().files.stat(dir.dataDisk))?.sizeBytes).toBe(machineConfig.diskBytes);
});

test("trim says how much the host has got back, and needs a machine that runs", async () => {
  const { world } = await worldWithMachine();
  expect(await run(world, "disk trim m1")).toMatchObject({ code: 3, stdout: "" });
  await bringUp(world);
  expect(await run(world, "disk trim m1")).toMatchObject({ code: 0, stdout: "3 MiB given back\n" });
});

test("check puts the request on the disk while no VM has it, starts the machine, and tells what e2fsck said", async () => {
  const { world, dir } = await worldWithMachine();
  const fields = { device: "/dev/vdb", check: "full", isRepaired: true, said: "clean, 11/65536 files" };
  const event = { sequence: 1, at: "2026-01-01T00:00:00Z", uptimeMs: 1, name: "data-disk.checked", fields };
  world.guest = { events: [event] };
  await bringUp(world);
  formatDataDisk(world, dir);
  const said = await run(world, "disk check m1");
  expect(said).toMatchObject({ code: 0, stdout: "good\n" });
  expect(said.stderr).toContain("clean, 11/65536 files");
  expect(world.vms).toHaveLength(2);
  const patches = world.disk.entries.get(dir.dataDisk)?.patches;
  expect(patches?.get(machineConfig.diskBytes - REQUEST_BYTES)).toMatch(new RegExp(`^${CHECK_REQUEST}\0+$`));
  world.guest = { events: [{ ...event, fields: { ...fields, isRepaired: false } }] };
  expect(await run(world, "disk check m1")).toMatchObject({ code: 1, stdout: "damaged\n" });
});

test("check writes nothing to a disk that it did not format: its end may be a partition's, or somebody's", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.dataDisk, "a partition table", { sparseBytes: machineConfig.diskBytes });
  const said = await run(world, "disk check m1");
  expect(said).toMatchObject({ code: 1, stdout: "" });
  expect(said.stderr).toContain("cannot be asked for a check");
  expect(world.disk.entries.get(dir.dataDisk)?.patches).toBeUndefined();
});

test.each([
  ["disk info m1 m2", "expected one machine"],
  ["disk shrink", "there is no such action"],
  ["disk grow", "to which size?"],
  ["disk grow m1", "to which size?"],
  ["disk grow m1 large", "expected a size"],
])("%s is a usage error", async (line, words) => {
  const { world } = await worldWithMachine();
  const said = await run(world, line);
  expect(said).toMatchObject({ code: 2, stdout: "" });
  expect(said.stderr).toContain(words);
});
