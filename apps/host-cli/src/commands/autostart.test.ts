import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));
const done = { code: 0, stdout: "", stderr: "" };

const wants = "/home/user/.config/systemd/user/default.target.wants";
const unit = "/home/user/.config/systemd/user/boot2docker-m1.service";
const agent = "/home/user/Library/LaunchAgents/io.boot2docker.m1.plist";
const task = "boot2docker-m1.me";

/** With what systemctl was called with. */
async function linuxWorld() {
  const { world, dir } = await worldWithMachine();
  world.env["PATH"] = "/home/user/bin:/usr/bin";
  const calls: string[] = [];
  world.programs.set("/usr/bin/systemctl", (args) => {
    calls.push(args.join(" "));
    if (args[1] === "enable") world.disk.put(`${wants}/${args[2] ?? ""}`, unit, { kind: "symlink" });
    return done;
  });
  return { world, dir, calls };
}

async function macWorld() {
  const { world, dir } = await worldWithMachine();
  world.platform = "darwin";
  return { world, dir };
}

/** With the tasks of its Task Scheduler. */
async function windowsWorld() {
  const { world, dir } = await worldWithMachine();
  world.platform = "win32";
  Object.assign(world.env, { USERDOMAIN: "PC", USERNAME: "me" });
  const tasks = new Map<string, string>();
  world.programs.set("C:/Windows/System32/schtasks", (args) => {
    const name = args.at(-1) ?? "";
    const failed = { code: 1, stdout: "", stderr: "ERROR" };
    const file = world.disk.entries.get(args[3] ?? "");
    if (args[0] === "/Create") tasks.set(name, Buffer.from(file?.bytes ?? []).toString("utf16le"));
    const stdout = tasks.get(name);
    if (args[0] === "/Delete") tasks.delete(name);
    return stdout === undefined ? failed : { ...done, stdout };
  });
  return { world, dir, tasks };
}

test("Linux: a unit of the user is made and enabled, not started, and taken away", async () => {
  const { world, calls } = await linuxWorld();
  expect(await run(world, "autostart m1")).toEqual({ ...done, stdout: "disabled\n" });
  expect(await run(world, "autostart enable m1")).toEqual({ ...done, stdout: `enabled  ${unit}\n` });
  expect(calls).toEqual(["--user daemon-reload", "--user enable boot2docker-m1.service"]);
  expect(world.disk.text(unit)).toContain('"/usr/bin/boot2docker" "up" "--no-init" "m1"\n');
  expect(world.disk.text(unit)).toContain('Environment="PATH=/home/user/bin:/usr/bin"\n');
  expect(world.disk.text(unit)).toContain('Environment="BOOT2DOCKER_DIR=/root-dir"\n');
  expect(world.vms).toEqual([]);
  expect(await run(world, "autostart m1")).toEqual({ ...done, stdout: `enabled  ${unit}\n` });
  expect(await run(world, "autostart disable m1")).toEqual({ ...done, stdout: "disabled\n" });
  expect(world.disk.names().filter((name) => name.includes("boot2docker-m1"))).toEqual([]);
  expect(await run(world, "autostart disable m1")).toEqual({ ...done, stdout: "disabled\n" });
});

test("Linux: units are where XDG_CONFIG_HOME says, if that is absolute", async () => {
  const { world } = await linuxWorld();
  const placeOf = async () => (JSON.parse((await run(world, "autostart m1 --json")).stdout) as { place: string }).place;
  world.env["XDG_CONFIG_HOME"] = "/cfg";
  expect(await placeOf()).toBe("/cfg/systemd/user/boot2docker-m1.service");
  world.env["XDG_CONFIG_HOME"] = "cfg";
  expect(await placeOf()).toBe(unit);
});

test("Linux: where no systemd of the user answers nothing is written, and what to do instead is said", async () => {
  const { world } = await linuxWorld();
  world.programs.set("/usr/bin/systemctl", () => ({ code: 1, stdout: "", stderr: "Failed to connect to bus\n" }));
  const refused = await run(world, "autostart enable m1");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/daemon-reload failed: Failed to connect to bus\nhint: .*boot2docker up m1\n$/);
  world.programs.delete("/usr/bin/systemctl");
  expect((await run(world, "autostart enable m1")).stderr).toContain("this host has no such program");
  expect(world.disk.text(unit)).toBeUndefined();
  expect((await run(world, "autostart disable m1")).code).toBe(0);
});

test("macOS: a launch agent is made, which launchd reads at the next login, and taken away", async () => {
  const { world } = await macWorld();
  expect((await run(world, "autostart enable m1")).stdout).toBe(`enabled  ${agent}\n`);
  expect(world.disk.text(agent)).toContain("<string>/root-dir/machines/m1/autostart.log</string>");
  expect((await run(world, "autostart disable m1")).stdout).toBe("disabled\n");
  expect(world.disk.text(agent)).toBeUndefined();
});

test("Windows: a task of the user is made, without the file it was made from, and taken away", async () => {
  const { world, tasks } = await windowsWorld();
  expect((await run(world, "autostart enable m1")).stdout).toBe(`enabled  ${task}\n`);
  expect(tasks.get(task)).toMatch(/^\uFEFF<\?xml [^]*<UserId>PC\\me<\/UserId>/);
  expect(tasks.get(task)).not.toContain("$Env:PATH");
  expect(world.disk.names().filter((name) => name.endsWith(".xml"))).toEqual([]);
  tasks.set(task, `${tasks.get(task) ?? ""}<Enabled>false</Enabled>`);
  expect((await run(world, "autostart m1")).stdout).toBe("disabled\n");
  expect((await run(world, "autostart enable m1")).stdout).toBe(`enabled  ${task}\n`);
  await run(world, "autostart disable m1");
  expect([...tasks]).toEqual([]);
  expect((await run(world, "autostart disable m1")).code).toBe(0);
});

test("enable writes anew what says another program", async () => {
  const { world } = await linuxWorld();
  await run(world, "autostart enable m1");
  const good = world.disk.text(unit) ?? "";
  world.disk.put(unit, good.replaceAll("/usr/bin/boot2docker", "/old/boot2docker"));
  expect((await run(world, "autostart enable m1")).code).toBe(0);
  expect(world.disk.text(unit)).toBe(good);
});

test("a program that is called by a link on the PATH is started by that, which outlives an upgrade", async () => {
  const { world } = await macWorld();
  world.programs.set("/opt/bin/boot2docker", () => done);
  await run(world, "autostart enable m1");
  expect(world.disk.text(agent)).toContain("<string>/usr/bin/boot2docker</string>");
  world.disk.put("/opt/bin/boot2docker", "/usr/bin/boot2docker", { kind: "symlink" });
  await run(world, "autostart enable m1");
  expect(world.disk.text(agent)).toContain("<string>/opt/bin/boot2docker</string>");
});

test("what somebody else has made is neither replaced nor removed", async () => {
  const { world } = await macWorld();
  const foreign = "<!-- made by hand -->";
  world.disk.put(agent, foreign);
  const refused = await run(world, "autostart enable m1");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain(agent);
  expect(await run(world, "autostart disable m1")).toEqual({
    code: 0,
    stdout: "disabled\n",
    stderr: `this was not made for machine m1, and is left as it is: ${agent}\n`,
  });
  await run(world, "delete --yes m1");
  expect(world.disk.text(agent)).toBe(foreign);
});

test("a machine of the same name in another root directory is somebody else's", async () => {
  const { world } = await macWorld();
  world.env["BOOT2DOCKER_DIR"] = "/home/user/machines -- mine";
  await run(world, "init m1");
  expect((await run(world, "autostart enable m1")).code).toBe(0);
  world.env["BOOT2DOCKER_DIR"] = "/root-dir";
  expect((await run(world, "autostart enable m1")).code).toBe(1);
  await run(world, "delete --yes m1");
  world.env["BOOT2DOCKER_DIR"] = "/home/user/machines -- mine";
  expect((await run(world, "autostart m1")).stdout).toContain("enabled");
});

test("autostart goes with its machine, and keeps none from being deleted", async () => {
  const { world, tasks } = await windowsWorld();
  await run(world, "autostart enable m1");
  await run(world, "delete --yes m1");
  expect([...tasks]).toEqual([]);

  const other = await windowsWorld();
  await run(other.world, "autostart enable m1");
  const schtasks = other.world.programs.get("C:/Windows/System32/schtasks") ?? (() => done);
  other.world.programs.set("C:/Windows/System32/schtasks", (args) =>
    args[0] === "/Delete" ? { code: 1, stdout: "", stderr: "Access is denied." } : schtasks(args),
  );
  const deleted = await run(other.world, "delete --yes m1");
  expect(deleted.code).toBe(0);
  expect(deleted.stderr).toContain("Access is denied.");
});

test("what is left of a machine that is gone can be disabled, and makes no new machine", async () => {
  const { world, dir } = await macWorld();
  await run(world, "autostart enable m1");
  await world.host().files.remove(dir.path);
  expect((await run(world, "up --no-init m1")).code).toBe(3);
  expect(world.disk.text(dir.config)).toBeUndefined();
  expect((await run(world, "autostart disable m1")).code).toBe(0);
  expect((await run(world, "autostart disable m1")).code).toBe(3);
});

test("a machine that is not there, and an action that is none, are refused", async () => {
  const { world } = await macWorld();
  expect((await run(world, "autostart nobody")).code).toBe(2);
  expect((await run(world, "autostart enable nobody")).code).toBe(3);
  expect((await run(world, "autostart enabel m1")).code).toBe(2);
  expect(JSON.parse((await run(world, "autostart --json m1")).stdout)).toMatchObject({
    name: "m1",
    isEnabled: false,
    place: agent,
    isForeign: false,
  });
});
