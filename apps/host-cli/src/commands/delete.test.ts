import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));

test("what a killed init left can be deleted", async () => {
  const { world, dir } = await worldWithMachine();
  await world.host().files.makeDirectory(`${dir.root.machines}/half`);
  world.disk.put(`${dir.root.machines}/half/disk.img`, "a part of a disk");
  expect(await run(world, "delete half")).toMatchObject({ code: 2, stdout: "" }); // Nobody to ask.
  expect(await run(world, "delete --yes half")).toMatchObject({ code: 0 });
  expect(await world.host().files.list(dir.root.machines)).toEqual(["m1"]);
  expect(await run(world, "delete --yes half")).toMatchObject({ code: 3 });
});

test("a machine that runs is switched off before it is deleted, also without its settings", async () => {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  await world.host().files.remove(dir.config);
  expect(await run(world, "delete --yes m1")).toMatchObject({ code: 0 });
  expect(world.vms[0]?.history.at(-1)).toBe("quit");
  expect(await world.host().files.list(dir.root.machines)).toEqual([]);
});

test("a machine that is being made is not deleted for what is left of one", async () => {
  const { world, dir } = await worldWithMachine();
  const host = world.host();
  await host.files.makeDirectory(`${dir.root.machines}/new`);
  const lock = await host.files.tryLock(dir.root.lock);
  const deleting = run(world, "delete --yes new");
  await world.clock.pass(100);
  world.disk.put(`${dir.root.machines}/new/machine.json`, world.disk.text(dir.config) ?? "");
  await lock?.[Symbol.asyncDispose]();
  expect(await deleting).toMatchObject({ code: 1, stderr: expect.stringContaining("was made just now") as string });
});

test("without a question a machine has to be named", async () => {
  const { world } = await worldWithMachine("boot2docker");
  for (const line of ["delete -f", "rm -y"]) {
    expect(await run(world, line)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("which machine?") as string,
    });
  }
  expect(await run(world, "rm -f boot2docker")).toMatchObject({ code: 0 });
});
