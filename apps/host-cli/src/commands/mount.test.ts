import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));

async function worldWithFolders() {
  const made = await worldWithMachine();
  for (const path of ["/home/user/a", "/home/user/b"]) await made.world.host().files.makeDirectory(path);
  return made;
}

test("a machine that is stopped has the folder from its next start on", async () => {
  const { world, dir } = await worldWithFolders();
  expect(await run(world, "mount m1 ~/a:ro")).toMatchObject({ code: 0, stdout: "" });
  expect(JSON.parse(world.disk.text(dir.config) ?? "")).toMatchObject({
    folders: ["/home/user/a:ro"],
  });
  expect(await run(world, "mount m1")).toMatchObject({ stdout: "/home/user/a  read-only   not mounted\n" });
  await bringUp(world);
  expect(await run(world, "mount m1")).toMatchObject({ stdout: "/home/user/a  read-only   mounted\n" });
});

test("a machine that runs has it at once, and lets go of it at once", async () => {
  const { world } = await worldWithFolders();
  await bringUp(world);
  expect(await run(world, "mount m1 ./a")).toMatchObject({ code: 0 });
  expect(await run(world, "mount m1 /home/user/b")).toMatchObject({ code: 0 });
  expect(world.shares()).toEqual([
    { path: "/home/user/a", readOnly: false },
    { path: "/home/user/b", readOnly: false },
  ]);
  expect(await run(world, "umount m1 ./a")).toMatchObject({ code: 0 });
  expect(JSON.parse((await run(world, "mount m1 --json")).stdout)).toMatchObject({
    name: "m1",
    folders: [{ path: "/home/user/b", readOnly: false, isMounted: true }],
  });
  expect(world.shares()).toEqual([{ path: "/home/user/b", readOnly: false }]);
});

test("given again with another access it has that one", async () => {
  const { world } = await worldWithFolders();
  await run(world, "mount m1 ~/a");
  await run(world, "mount m1 ~/a:ro");
  expect(await run(world, "mount m1")).toMatchObject({ stdout: "/home/user/a  read-only   not mounted\n" });
});

test("what the guest can't mount is not kept", async () => {
  const { world, dir } = await worldWithFolders();
  world.guest = { unmountable: "/home/user/b" };
  await bringUp(world);
  await run(world, "mount m1 ~/a");
  const said = await run(world, "mount m1 ~/b");
  expect(said).toMatchObject({ code: 1, stdout: "" });
  expect(said.stderr).toContain("the guest of m1 does not have them");
  expect(JSON.parse(world.disk.text(dir.config) ?? "")).toMatchObject({ folders: ["/home/user/a"] });
});

test("a folder that containers use stays, unless that is forced", async () => {
  const { world } = await worldWithFolders();
  const containers = [{ Names: ["/web"], Mounts: [{ Source: "/home/user/a/site" }] }];
  await run(world, "mount m1 ~/a");
  await bringUp(world);
  world.answers.set("/containers/json", JSON.stringify(containers));
  const said = await run(world, "umount m1 ~/a");
  expect(said).toMatchObject({ code: 1 });
  expect(said.stderr).toContain("/home/user/a is used by web");
  expect(await run(world, "mount m1")).toMatchObject({ stdout: expect.stringContaining(" mounted") as string });
  expect(await run(world, "umount m1 ~/a --force")).toMatchObject({ code: 0 });
  expect(await run(world, "mount m1")).toMatchObject({ stdout: "" });
});

test.each([
  ["mount m1 ~/absent", 2, "no folder of this host: /home/user/absent"],
  ["mount m1 /etc", 2, "/etc is the machine's own"],
  ["mount m1 m2", 2, "expected a machine and a folder"],
  ["mount ~/a ~/b", 2, "expected a machine and a folder"],
  ["umount m1", 2, "umount: which folder?"],
  ["umount m1 ~/a", 1, "machine m1 does not share /home/user/a"],
  ["mount none-such ~/a", 3, "there is no machine none-such"],
])("boot2docker %s", async (line, code, message) => {
  const { world } = await worldWithFolders();
  const said = await run(world, line);
  expect(said).toMatchObject({ code, stdout: "" });
  expect(said.stderr).toContain(message);
});
