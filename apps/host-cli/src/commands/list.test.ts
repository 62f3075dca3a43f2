import { beforeEach, expect, test } from "vitest";
import { toDocument } from "../machine-dir/config-file.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld, type Typist } from "../testing/run-in-world.ts";
import { bringUp, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";

let world: FakeWorld;
beforeEach(async () => {
  ({ world } = await worldWithMachine());
});

const run = (line: string, typist?: Typist) => runInWorld(world, line.split(" "), typist);
async function another(name: string, text?: string): Promise<void> {
  await world.host().files.makeDirectory(`/root-dir/machines/${name}`);
  const document = toDocument({ ...machineConfig, dockerPort: 25_000, sshPort: 25_001 });
  world.disk.put(`/root-dir/machines/${name}/machine.json`, text ?? JSON.stringify(document));
}

test("all machines are listed, with where Docker is, and which one is in use", async () => {
  await another("lab");
  await bringUp(world);
  await run("context use m1");
  expect((await run("list")).stdout).toBe(
    "NAME  ACTIVE  STATE    CPUS  MEMORY  DISK  DOCKER  URL                    PROBLEMS\n" +
      "lab   -       stopped  2     2g      8g    -       tcp://127.0.0.1:25000  -\n" +
      "m1    *       running  2     2g      8g    -       tcp://127.0.0.1:23760  -\n",
  );
  expect(await run("active")).toEqual({ code: 0, stdout: "m1\n", stderr: "" });
  expect(JSON.parse((await run("list --json")).stdout)).toMatchObject({
    machines: [
      expect.objectContaining({ name: "lab", state: "stopped", isActive: false, problems: [] }),
      expect.objectContaining({ name: "m1", state: "running", socket: "unix:///root-dir/machines/m1/docker.sock" }),
    ],
  });
});

test("formats are those of docker and of docker-machine", async () => {
  await bringUp(world);
  await run("context use m1");
  const formatted = async (format: string) => (await runInWorld(world, ["ls", "--format", format])).stdout;
  expect(await formatted("{{.Name}} {{.URL}} {{.Active}} {{.CPUs}}")).toBe("m1 tcp://127.0.0.1:23760 * 2\n");
  expect(await formatted(String.raw`table {{.Name}}\t{{.State}}`)).toBe("NAME  STATE\nm1    running\n");
  expect(JSON.parse(await formatted("json"))).toMatchObject({ name: "m1", state: "running" });
  for (const format of ["{{", "names", "{{.Nope}}"])
    expect(await runInWorld(world, ["ls", "--format", format])).toMatchObject({ code: 2, stdout: "" });
});

test("a degraded machine is among those that run", async () => {
  world.guest = { lifecycle: { name: "degraded", reasons: [{ code: "x", message: "first line\nsecond line" }] } };
  await bringUp(world);
  expect((await run("ls -q --filter state=running")).stdout).toBe("m1\n");
  expect((await run("ls -q --filter state=degraded")).stdout).toBe("m1\n");
  expect((await run("ls")).stdout.split("\n")).toHaveLength(3);
});

test("what lies beside the machines is none", async () => {
  world.disk.put("/root-dir/machines/.DS_Store", "");
  expect((await run("ls -q")).stdout).toBe("m1\n");
});

test("none at all is a table without rows", async () => {
  world = new FakeWorld();
  expect((await run("ls")).stdout).toMatch(/^NAME .*PROBLEMS\n$/);
  expect(await run("ls -q")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await run("active")).toMatchObject({ code: 1, stdout: "" });
  expect(await run("active --json")).toEqual({ code: 1, stdout: '{"formatVersion":1,"name":null}\n', stderr: "" });
});

test("a machine whose settings can't be read, or that is degraded, says so in its row", async () => {
  await another("broken", "{");
  world.guest = { lifecycle: { name: "degraded", reasons: [{ code: "disk-full", message: "the data disk is full" }] } };
  await bringUp(world);
  const { stdout } = await run("list");
  expect(stdout).toMatch(/^broken +- +unreadable .* cannot read the machine's settings in /m);
  expect(stdout).toMatch(/^m1 .*degraded .*the data disk is full$/m);
});

test("one that does not answer holds nobody up", async () => {
  await bringUp(world);
  world.listeners.set("/root-dir/machines/m1/agent.sock", () => undefined);
  await another("lab");
  expect((await run("list -t 2")).stdout).toMatch(/^m1 +- +timeout .* it did not answer in 2 s$/m);
  expect((await run("list -t 2 -q")).stdout).toBe("lab\nm1\n");
});

test("filters of one key are alternatives, those of two keys are both asked for", async () => {
  for (const name of ["lab", "work"]) await another(name);
  await bringUp(world);
  const names = async (line: string): Promise<string> => (await run(`ls -q ${line}`)).stdout.replaceAll("\n", " ");
  expect(await names("--filter state=running")).toBe("m1 ");
  expect(await names("--filter name=^w --filter name=^m")).toBe("m1 work ");
  expect(await names("--filter name=^w --filter name=^m --filter state=stopped")).toBe("work ");
  expect(await run("ls --filter label=x")).toMatchObject({ code: 2 });
  expect(await run("ls --filter name=(")).toMatchObject({ code: 2 });
});

test("a format prints fields, and names those that there are when it is none", async () => {
  await another("lab");
  expect((await run("ls --format {{.Name}}:{{.State}}:{{.EngineVersion}}")).stdout).toBe("lab:stopped:\nm1:stopped:\n");
  expect(await run("ls --format {{.Driver}}")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("hint: Of fields there are cpus, memory,") as string,
  });
});

test("DOCKER_HOST and DOCKER_CONTEXT say which machine is in use, whatever the context in use is", async () => {
  await another("lab");
  world.env["DOCKER_HOST"] = "tcp://127.0.0.1:25000";
  expect((await run("active")).stdout).toBe("lab\n");
  world.env["DOCKER_HOST"] = "tcp://elsewhere:2376";
  expect(await run("active")).toMatchObject({ code: 1, stderr: expect.stringContaining("use no machine") as string });
  world.env["DOCKER_HOST"] = "";
  await run("context make m1");
  world.env["DOCKER_CONTEXT"] = "boot2docker-m1";
  expect((await run("active")).stdout).toBe("m1\n");
});

test("verbs take several machines, or all; what fails for one keeps no other from its turn", async () => {
  await another("lab");
  expect(await run("down m1 nobody lab")).toMatchObject({
    code: 3,
    stderr:
      "boot2docker: it failed for 1 of 3 machines:\n" +
      "  nobody: there is no machine nobody (There are lab, m1. To make it: boot2docker init nobody)\nhint: The others are done.\n",
  });
  await bringUp(world);
  expect(await run("down --all")).toMatchObject({ code: 0 });
  expect(await run("status m1")).toMatchObject({ stdout: "stopped\n" });
  expect(await run("down --all m1")).toMatchObject({ code: 2 });
  expect(await run("down m1 Not/A/Name")).toMatchObject({ code: 2 });
  expect(await run("up m1 lab --json")).toMatchObject({ code: 2, stdout: "" });
  expect(await run("rm --all", { answer: "no" })).toMatchObject({ code: 1, stderr: "nothing was deleted\n" });
  expect(await run("rm -y m1 lab")).toMatchObject({ code: 0 });
  expect((await run("ls -q")).stdout).toBe("");
});

test("a reset of a VM that stands still is over when it serves again", async () => {
  await bringUp(world);
  const [vm] = world.vms;
  await vm?.pause("io-error");
  expect(await run("reset m1")).toMatchObject({ code: 0 });
  expect(vm?.history.at(-1)).toBe("ready");
});

test("poweroff asks nobody, and reset waits until Docker answers again", async () => {
  expect(await run("poweroff m1")).toMatchObject({ code: 0 });
  expect(await run("reset m1")).toMatchObject({ code: 3, stderr: expect.stringContaining("m1 is stopped") as string });
  await bringUp(world);
  const [vm] = world.vms;
  expect(await run("reset m1")).toMatchObject({ code: 0 });
  expect(vm?.history.filter((entry) => ["reset", "ready"].includes(entry))).toEqual(["ready", "reset", "ready"]);
  expect(await run("kill m1")).toMatchObject({ code: 0 });
  expect(await run("status m1")).toMatchObject({ stdout: "stopped\n" });
  expect(vm?.history).not.toContain("shutdown asked");
});

test("as JSON, what became of each, and the exit code of the first that failed", async () => {
  const said = await run("down --json m1 nobody");
  expect(said).toMatchObject({ code: 3, stderr: "" });
  expect(JSON.parse(said.stdout)).toMatchObject({
    machines: [{ name: "m1" }, { name: "nobody", error: { code: "machine-absent" } }],
  });
  expect(await run("down --json nobody")).toMatchObject({ code: 3, stdout: "" });
});
