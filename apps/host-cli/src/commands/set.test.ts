import { beforeEach, expect, test } from "vitest";
import { toDocument } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";

let world: FakeWorld;
let dir: MachineDir;
beforeEach(async () => {
  ({ world, dir } = await worldWithMachine());
  for (const path of ["/home/user/a", "/home/user/b"]) await world.host().files.makeDirectory(path);
});

const run = (line: string) => runInWorld(world, line.split(" "));
const file = (): unknown => JSON.parse(world.disk.text(dir.config) ?? "");

test("a stopped machine is another one at its next start", async () => {
  expect(await run("set m1 memory=1g cpus=1 publish=all docker-port=24000 folders=~/a:ro")).toEqual({
    code: 0,
    stdout: "",
    stderr:
      "cpus: 2 → 1\nmemory: 2g → 1g\ndockerPort: 23760 → 24000\npublish: (built in) → all\n" +
      'folders: none → ["/home/user/a:ro"]\n',
  });
  expect(file()).toMatchObject({
    memory: "1g",
    cpus: 1,
    publish: "all",
    dockerPort: 24000,
    folders: ["/home/user/a:ro"],
  });
  await bringUp(world);
  expect(world.vms[0]?.argv.join(" ")).toContain("-smp 1 -m 1024M");
});

test("one that runs has at once what can be had, and is told what waits for a restart", async () => {
  await bringUp(world);
  const said = await run("set m1 memory=1g engine.daemon.debug=true folders=/home/user/b disk-size=16g");
  expect(said).toMatchObject({ code: 0, stdout: "" });
  expect(said.stderr).toContain("hint: The machine has memory as set when it starts again: boot2docker restart m1\n");
  expect(world.vms[0]?.config).toMatchObject({
    engine: { daemon: { debug: true } },
    folders: { list: [{ path: "/home/user/b" }] },
  });
  expect(world.vms[0]?.history).toContain(`disk grown to ${2 ** 34}`);
  expect(file()).toMatchObject({ diskSize: "16g", memory: "1g" });
  const { stdout } = await run("config --effective m1");
  expect(stdout).toMatch(/^memory +1g \(2g until it starts again\) +\/root-dir\/machines\/m1\/machine\.json$/m);
  expect(stdout).toMatch(/^inherit +all +built in$/m);
  expect(stdout).toMatch(/^engine\.daemon\.debug +true +\/root-dir/m);
  expect(JSON.parse((await run("set --json m1 memory=2g")).stdout)).toMatchObject({
    name: "m1",
    changes: [{ key: "memory", before: "1g", after: "2g", when: "at-restart" }],
  });
});

test("more processors than this host has are possible, and told", async () => {
  expect((await run("set m1 cpus=256")).stderr).toContain("this host has 4 processors: the 256 of the machine share");
  expect((await run("set m1 cpus=4")).stderr).not.toContain("share");
});

test("less memory is always possible, and what a machine inherits waits for its next start", async () => {
  expect(await run("set m1 memory=1g")).toMatchObject({ code: 0 });
  await bringUp(world);
  expect((await run("set m1 inherit=none")).stderr).toContain(
    "hint: The machine has inherit as set when it starts again",
  );
  expect((await run("status m1")).stderr).toContain("The machine has inherit as set when it starts again");
  expect((await run("config --effective m1")).stdout).toMatch(/^inherit +none \(all until it starts again\)/m);
});

test("a key without a value is taken out; what a machine can't be without is what is built in", async () => {
  await run("set m1 publish=all cpus=1 engine.env.A=1");
  expect(await run("set m1 publish= cpus= engine.env.A=")).toMatchObject({ code: 0 });
  expect(file()).toMatchObject({ cpus: 4 });
  expect(file()).not.toHaveProperty("publish");
  expect(file()).not.toHaveProperty("engine");
  expect(await run("set m1 docker-port=")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("dockerPort: is missing") as string,
  });
});

test("all problems come at once, and nothing is changed", async () => {
  const before = file();
  expect(await run("set m1 cpus=0 memory=lots folders=src")).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "boot2docker: these settings can't be used:\n  cpus: expected a whole number from 1 to 256\n" +
      "  memory: expected a size, for example 2048 (MiB) or 2g\n" +
      "  folders.0: expected a path from / or ~, with :ro or :watch behind it where that is meant\n" +
      "hint: Nothing was changed. See: boot2docker help set\n",
  });
  expect(await run("set m1 ram=2g x=1")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/ram: expected one of .*\n {2}x: expected one of /) as string,
  });
  expect(file()).toEqual(before);
});

test.each([
  ["set m1 disk-size=4g", 2, "cannot become 4 GiB: disks only grow"],
  ["set m1 memory=900g", 2, "this host has 32768"],
  ["set m1 folders=/none-such", 2, "no folder of this host: /none-such"],
  ["set m1", 2, "nothing to be set"],
  ["set m1 memory", 2, "set memory: expected KEY=VALUE"],
  ["set nobody memory=2g", 3, "there is no machine nobody"],
  ["set --defaults m1 memory=2g", 2, "the defaults are of no machine"],
])("%s", async (line, code, message) => {
  const before = file();
  expect(await run(line)).toMatchObject({ code, stderr: expect.stringContaining(message) as string });
  expect(file()).toEqual(before);
});

test("ports of a machine that runs stay: what uses them would lose it", async () => {
  await bringUp(world);
  expect(await run("set m1 ssh-port=24001")).toMatchObject({
    code: 2,
    stderr: "boot2docker: machine m1 runs: sshPort can't be changed now\nhint: Stop it first: boot2docker down m1\n",
  });
  expect(await run("down m1")).toMatchObject({ code: 0 });
  const other = toDocument({ ...machineConfig, dockerPort: 24001, sshPort: 24002 });
  await world.host().files.makeDirectory("/root-dir/machines/m2");
  world.disk.put("/root-dir/machines/m2/machine.json", JSON.stringify(other));
  expect((await run("set m1 ssh-port=24001")).stderr).toContain("port 24001 belongs to machine m2");
});

test("what the engine refuses is not kept", async () => {
  world.guest.unusable = "log-level";
  await bringUp(world);
  const before = file();
  expect(await run("set m1 engine.daemon.log-level=loud")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      "boot2docker: the engine runs without log-level\nhint: Nothing was changed.",
    ) as string,
  });
  expect(file()).toEqual(before);
});

test("the defaults are what new machines are made of, and refuse what they can't have", async () => {
  world = new FakeWorld();
  await world.host().files.makeDirectory("/home/user/a");
  expect(JSON.parse((await run("set --defaults --json memory=2g")).stdout)).toMatchObject({
    settings: { memory: "2g" },
  });
  expect(await run("set --defaults memory=1g folders=~/a engine.daemon.debug=true")).toMatchObject({ code: 0 });
  expect(JSON.parse((await run("config --defaults")).stdout)).toEqual({
    memory: "1g",
    folders: ["~/a"],
    engine: { daemon: { debug: true }, env: {} },
  });
  await run("init work");
  expect(JSON.parse((await run("config work")).stdout)).toMatchObject({
    memory: "1g",
    folders: ["/home/user/a"],
    engine: { daemon: { debug: true } },
  });
  expect(await run("set --defaults ssh-port=2022")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "sshPort: expected one of cpus, memory, diskSize, publish, inherit, folders, engine",
    ) as string,
  });
  world.env["BOOT2DOCKER_CPUS"] = "3";
  const { stdout } = await run("config --effective --defaults");
  expect(stdout).toMatch(/^cpus +3 +BOOT2DOCKER_CPUS$/m);
  expect(stdout).toMatch(/^memory +1g +\/root-dir\/defaults\.json$/m);
  expect(stdout).toMatch(/^sshPort +a free one +built in$/m);
});
