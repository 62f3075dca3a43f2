import { FORMAT_REQUEST } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { ensureDataDisk } from "./data-disk.ts";
import { machineDir } from "../machine-dir/dir.ts";

async function emptyMachine() {
  const world = new FakeWorld();
  const dir = machineDir(world.host(), "m1");
  await world.host().files.makeDirectory(dir.path);
  return { world, dir };
}

test("a new disk asks to be formatted", async () => {
  const { world, dir } = await emptyMachine();
  expect(await ensureDataDisk(world.host(), dir, 2 ** 34)).toBe(2 ** 34);
  expect(await world.host().files.stat(dir.dataDisk)).toMatchObject({ sizeBytes: 2 ** 34 });
  expect(world.disk.text(dir.dataDisk)).toBe(FORMAT_REQUEST);
});

test("a disk that is there keeps its content and its size", async () => {
  const { world, dir } = await emptyMachine();
  world.disk.put(dir.dataDisk, "somebody's data");
  expect(await ensureDataDisk(world.host(), dir, 2 ** 34)).toBe(15);
  expect(world.disk.text(dir.dataDisk)).toBe("somebody's data");
});

test("killed at any effect, there is never a disk of ours that does not ask to be formatted", async () => {
  for (let effect = 0; effect < 6; effect += 1) {
    const { world, dir } = await emptyMachine();
    void ensureDataDisk(world.host({ diesAfter: effect }), dir, 2 ** 34);
    await world.clock.pass(1);
    expect([undefined, FORMAT_REQUEST], `after effect ${effect}`).toContain(world.disk.text(dir.dataDisk));
    await ensureDataDisk(world.host(), dir, 2 ** 34);
    expect(world.disk.text(dir.dataDisk)).toBe(FORMAT_REQUEST);
  }
});
