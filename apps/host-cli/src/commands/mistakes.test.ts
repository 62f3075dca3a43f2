import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));

test("init says which settings of its ancestors it does not read", async () => {
  const { world } = await worldWithMachine();
  Object.assign(world.env, { VIRTUALBOX_MEMORY_SIZE: "4096" });
  world.disk.put("/root-dir/profile", "Memory = 4096\n");
  const said = await run(world, "init m2");
  expect(said.stderr).toContain("VIRTUALBOX_MEMORY_SIZE is not read: BOOT2DOCKER_MEMORY is read\n");
  expect(said.stderr).toContain(
    "/root-dir/profile is not read: put what it says into the defaults, by: boot2docker config",
  );
});

test("a machine whose settings can't be read has a state all the same", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.config, "{");
  for (const line of ["status m1", "status m1 --json"]) {
    const said = await run(world, line);
    expect(said.code).toBe(3);
    expect(said.stdout).toContain("stopped");
    expect(said.stdout + said.stderr).toContain("cannot read the machine's settings");
  }
});

test("a name that is nearly a machine's is taken for a mistake", async () => {
  const { world } = await worldWithMachine("work");
  expect(await run(world, "ip wrok")).toMatchObject({
    code: 3,
    stderr: "boot2docker: there is no machine wrok\nhint: Did you mean work? To make it: boot2docker init wrok\n",
  });
});

test.each([
  ["ssh m1 -N -L 1:b:2", 2, "hint: Options of ssh go before the machine: boot2docker ssh -N -L 1:b:2 m1"],
  ["version nobody", 3, "there is no machine nobody"],
  ["context show nobody", 3, "there is no machine nobody"],
  ["list --filter state=saved", 2, "there is no such state"],
  ["mount m1:/var/lib ./here", 2, "m1:/var/lib: a folder of a machine can't be mounted here"],
  ["mount m1:/var/lib here", 2, "m1:/var/lib: a folder of a machine can't be mounted here"],
])("%s is an error", async (line, code, message) => {
  const { world } = await worldWithMachine();
  const said = await run(world, line);
  expect(said).toMatchObject({ code, stdout: "" });
  expect(said.stderr).toContain(message);
});
