import { expect, test } from "vitest";
import { putImage } from "../testing/fake-image.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld, type Typist } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const readJson = (world: FakeWorld, path: string): unknown => JSON.parse(world.disk.text(path) ?? "");
const run = (world: FakeWorld, line: string, typist?: Typist) => runInWorld(world, line.split(" "), typist);

test("status says one word on stdout, a hint on stderr, and 3 when Docker is not there", async () => {
  const { world } = await worldWithMachine();
  expect(await run(world, "status")).toEqual({
    code: 3,
    stdout: "absent\n",
    stderr: "hint: Make it with: boot2docker up boot2docker\n",
  });
  expect(await run(world, "status m1")).toMatchObject({ code: 3, stdout: "stopped\n" });
  await bringUp(world);
  expect(await run(world, "status m1")).toEqual({ code: 0, stdout: "running\n", stderr: "" });
});

test("status --json has the settings, and what was observed", async () => {
  const { world } = await worldWithMachine();
  const { stdout } = await run(world, "status --json m1");
  expect(JSON.parse(stdout)).toMatchObject({
    name: "m1",
    state: "stopped",
    settings: { cpus: 2, memory: "2g", diskSize: "8g", dockerPort: 23760 },
  });
  await bringUp(world);
  const running = await run(world, "status --json m1");
  expect(JSON.parse(running.stdout)).toMatchObject({ state: "running", guest: { lifecycle: { name: "ready" } } });
  expect(JSON.parse((await run(world, "status --json")).stdout)).toMatchObject({
    name: "boot2docker",
    state: "absent",
  });
});

test("status of a degraded machine tells each reason with its hint; Docker is there", async () => {
  const { world } = await worldWithMachine();
  const reasons = [{ code: "disk-full", message: "the data disk is full", hint: "Delete images." }];
  world.guest = { lifecycle: { name: "degraded", reasons } };
  await bringUp(world);
  expect(await run(world, "status m1")).toEqual({
    code: 0,
    stdout: "degraded\n",
    stderr: "the data disk is full\nhint: Delete images.\n",
  });
});

test("status of a guest in rescue is degraded, without Docker", async () => {
  const { world } = await worldWithMachine();
  const reason = { code: "data-disk-foreign", message: "the disk is not ours", hint: "Attach another one." };
  world.guest = { lifecycle: { name: "rescue", reason } };
  await expect(bringUp(world)).rejects.toMatchObject(reason);
  expect(await run(world, "status m1")).toMatchObject({ code: 3, stdout: "degraded\n" });
});

test.each(["env", "ip", "url", "ports"])(
  "%s of a machine that does not run fails with 3 and says nothing on stdout",
  async (verb) => {
    const { world } = await worldWithMachine();
    expect(await run(world, `${verb} m1`)).toEqual({
      code: 3,
      stdout: "",
      stderr: "boot2docker: machine m1 is stopped\nhint: Start it with: boot2docker up m1\n",
    });
    expect(await run(world, verb)).toMatchObject({ code: 3, stdout: "" });
  },
);

test("ip is the loopback, where the ports are", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect(await run(world, "ip m1")).toEqual({ code: 0, stdout: "127.0.0.1\n", stderr: "" });
  const json: unknown = JSON.parse((await run(world, "ip --json m1")).stdout);
  expect(json).toMatchObject({ name: "m1", ip: "127.0.0.1", dockerPort: 23760, sshPort: 23761 });
  expect((await run(world, "url m1")).stdout).toBe("tcp://127.0.0.1:23760\n");
  expect(JSON.parse((await run(world, "url --json m1")).stdout)).toMatchObject({
    name: "m1",
    url: "tcp://127.0.0.1:23760",
    socket: "unix:///root-dir/machines/m1/docker.sock",
  });
});

test("up makes a machine that is not there, of what was asked for", async () => {
  const world = new FakeWorld();
  putImage(world.disk, "/image");
  const said = await run(world, "up lab --memory 3g");
  expect(said).toMatchObject({ code: 0, stdout: "" });
  expect(said.stderr).toContain('eval "$(boot2docker env lab)"');
  expect(readJson(world, "/root-dir/machines/lab/machine.json")).toMatchObject({ memory: "3g" });
  expect(await run(world, "status lab")).toMatchObject({ code: 0 });
});

test("up --json ends with the status, and nothing else on stdout", async () => {
  const { world } = await worldWithMachine();
  expect(JSON.parse((await run(world, "up m1 --json")).stdout)).toMatchObject({ name: "m1", state: "running" });
});

test("up repeats itself with the same options, and refuses others before it does anything", async () => {
  const { world } = await worldWithMachine();
  expect(await run(world, "up m1 --memory 2g --cpus 2")).toMatchObject({ code: 0 });
  await run(world, "down m1");
  const said = await run(world, "up m1 --memory 4g --cpus 2 --ssh-port 2022");
  expect(said).toMatchObject({ code: 2, stdout: "" });
  expect(said.stderr).toMatch(/m1 is there already, with another --memory, --ssh-port\nhint: /);
  expect(await run(world, "status m1")).toMatchObject({ stdout: "stopped\n" });
});

test("init leaves a machine that is there as it is", async () => {
  const { world } = await worldWithMachine();
  const before = world.disk.text("/root-dir/machines/m1/machine.json");
  expect(await run(world, "init m1")).toEqual({ code: 0, stdout: "", stderr: "machine m1 is there already\n" });
  expect(world.disk.text("/root-dir/machines/m1/machine.json")).toBe(before);
});

test("init takes what is not given from the user's defaults, and reports all problems of all sources", async () => {
  const world = new FakeWorld();
  world.disk.put("/root-dir/defaults.json", '{"memory": "1g"}');
  expect(await run(world, "init")).toMatchObject({ code: 0 });
  expect(readJson(world, "/root-dir/machines/boot2docker/machine.json")).toMatchObject({ memory: "1g" });
  world.disk.put("/root-dir/defaults.json", '{"memory": "1m"}');
  const said = await run(world, "init other --disk-size 1m");
  expect(said).toMatchObject({ code: 2, stdout: "" });
  expect(said.stderr).toContain("/root-dir/defaults.json: memory: expected at least 512 MiB");
  expect(said.stderr).toContain("--disk-size 1m: expected at least 1 GiB");
  expect(await run(world, "status other")).toMatchObject({ stdout: "absent\n" });
});

test("a name that is none is a usage error of every verb", async () => {
  for (const verb of ["init", "up", "down", "restart", "status", "ip", "env", "logs", "delete", "version"]) {
    expect(await run(new FakeWorld(), `${verb} ../evil`), verb).toMatchObject({ code: 2, stdout: "" });
  }
});

test("down and delete of no machine say so with 3", async () => {
  for (const line of ["down", "restart", "delete --yes boot2docker", "logs agent"]) {
    expect(await run(new FakeWorld(), line), line).toMatchObject({ code: 3, stdout: "" });
  }
});

test("down twice is no error, and restart starts again", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect(await run(world, "down m1")).toMatchObject({ code: 0 });
  expect(await run(world, "down m1")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await run(world, "restart m1")).toMatchObject({ code: 0 });
  expect(await run(world, "status m1")).toMatchObject({ code: 0 });
});

test("down waits as long as it was told, kills only when it was told", async () => {
  const { world } = await worldWithMachine();
  world.guest = { ignoresShutdown: true };
  await bringUp(world);
  const said = await run(world, "down m1 --timeout 7");
  expect(said.code).toBe(1);
  expect(said.stderr).toContain("guest shut down (up to 7 s) ...");
  expect(await run(world, "status m1")).toMatchObject({ stdout: "running\n" });
  expect(await run(world, "down m1 --timeout 7 --force")).toMatchObject({ code: 0 });
  expect(await run(world, "status m1")).toMatchObject({ stdout: "stopped\n" });
});

test.each(["0", "-1", "soon", "1.5"])("--timeout %s is a usage error", async (text) => {
  const { world } = await worldWithMachine();
  expect(await run(world, `down m1 --timeout=${text}`)).toMatchObject({ code: 2 });
});

test("delete asks, and deletes only on a yes", async () => {
  const { world } = await worldWithMachine();
  expect(await run(world, "delete m1", { answer: "" })).toEqual({
    code: 1,
    stdout: "",
    stderr: "nothing was deleted\n",
  });
  expect(await run(world, "status m1")).toMatchObject({ stdout: "stopped\n" });
  expect(await run(world, "delete m1", { answer: "y" })).toMatchObject({ code: 0 });
  expect(await run(world, "status m1")).toMatchObject({ stdout: "absent\n" });
});

test("delete without a terminal wants --yes", async () => {
  const { world } = await worldWithMachine();
  const said = await run(world, "delete m1");
  expect(said).toMatchObject({ code: 2, stdout: "" });
  expect(said.stderr).toMatch(/^hint: .*boot2docker delete --yes m1$/m);
  expect(await run(world, "status m1")).toMatchObject({ stdout: "stopped\n" });
  expect(await run(world, "rm -f m1")).toMatchObject({ code: 0 });
});

test("version tells all versions, and goes without an image", async () => {
  const { world } = await worldWithMachine();
  const { stdout } = await run(world, "version m1");
  expect(stdout).toMatch(/^boot2docker +\d/);
  expect(stdout).toMatch(/^image +0\.1\.0\+docker28$/m);
  world.env["BOOT2DOCKER_IMAGE_DIR"] = "/nowhere";
  expect((await run(world, "version m1")).stdout).toMatch(/^image +none here$/m);
  expect(JSON.parse((await run(world, "version --json m1")).stdout)).toMatchObject({ protocol: { min: 1, max: 1 } });
});

test("logs of the host can be read when the machine is down, those of the guest can't", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.consoleLog, "one\ntwo\nthree\n");
  expect(await run(world, "logs m1 console")).toEqual({ code: 0, stdout: "one\ntwo\nthree\n", stderr: "" });
  expect(await run(world, "logs m1 console -n 2")).toMatchObject({ stdout: "two\nthree\n" });
  expect(await run(world, "logs m1 dockerd")).toMatchObject({ code: 3, stdout: "" });
  await bringUp(world);
  expect(await run(world, "logs m1 dockerd")).toMatchObject({ code: 0 });
  expect(await run(world, "logs m1 nonsense")).toMatchObject({ code: 2, stdout: "" });
  expect(await run(world, "logs m1 console -n few")).toMatchObject({ code: 2, stdout: "" });
});

test("ssh waits for the guest's ssh server, with a limit, and ends with 255 as ssh does", async () => {
  const { world } = await worldWithMachine();
  expect(await run(world, "ssh m1 true")).toMatchObject({ code: 3, stdout: "" });
  await bringUp(world);
  const said = await run(world, "ssh m1 true");
  expect(said).toMatchObject({ code: 255, stdout: "" });
  expect(said.stderr).toMatch(/^ssh server of the guest ready \(up to 120 s\) \.\.\.$/m);
  expect(said.stderr).toMatch(/^boot2docker: the ssh server of m1 was not ready in 120 s\nhint: /m);
});

test("settings that can't be read are named with 2, and left as they are; the machine can still be deleted", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.config, '{"cpus": "many"');
  for (const line of ["up m1", "init m1"]) {
    const said = await run(world, line);
    expect(said.stderr, line).toContain(dir.config);
    expect(said, line).toMatchObject({ code: 2, stdout: "" });
  }
  expect(world.disk.text(dir.config)).toBe('{"cpus": "many"');
  expect(await run(world, "status m1")).toMatchObject({ stdout: "stopped\n" });
  expect(await run(world, "delete --yes m1")).toMatchObject({ code: 0 });
});

test("an error under --json is JSON, too", async () => {
  const said = await run(new FakeWorld(), "ip --json");
  expect(said).toMatchObject({ code: 3, stdout: "" });
  expect(JSON.parse(said.stderr)).toMatchObject({ error: { code: "machine-absent" } });
});

test("Ctrl-C ends a wait with 130, and the next up finishes it", async () => {
  const { world } = await worldWithMachine();
  const interruption = new AbortController();
  world.guest = { isSilent: true };
  void world.clock.delay(10_000, new AbortController().signal).then(() => interruption.abort(new Error("SIGINT")));
  const said = await run(world, "up m1", { signal: interruption.signal });
  expect(said.code).toBe(130);
  expect(said.stderr).toMatch(/guest said hello: failed after .* s\nboot2docker: interrupted\nhint: /);
});

test("agent without a running VM ends by itself", async () => {
  const { world } = await worldWithMachine();
  expect(await run(world, "agent m1")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("status of a machine whose settings can't be read says that, and how it is", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.config, "{");
  expect(await run(world, "status m1")).toMatchObject({
    code: 3,
    stdout: "stopped\n",
    stderr: expect.stringContaining("cannot read the machine's settings") as string,
  });
});
