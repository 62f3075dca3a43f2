import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must, run } from "../harness/run.ts";

/** What a machine is made of, changed after it was made; and the verbs that look at machines, or end them the hard way. */
let box: Sandbox;
const inGuest = (command: string) => box.ok("ssh", command);
const config = () =>
  JSON.parse(
    readFileSync(join(box.env["BOOT2DOCKER_DIR"] ?? "", "machines/boot2docker/machine.json"), "utf8"),
  ) as unknown;
const listeners = async (port: number) =>
  (await must("ss", ["-Hltn", `sport = :${String(port)}`]))
    .split("\n")
    .map((line) => line.split(/\s+/)[3] ?? "")
    .sort();

/** The command on a terminal of its own (script(1)), which is typed into from the start. */
const onTerminal = (typed: string, ...args: string[]) =>
  run("script", ["-qec", [process.execPath, cliFile, ...args].join(" "), "/dev/null"], { env: box.env, input: typed });

beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up", "--mount", "none", "--memory", "1g");
});
afterAll(async () => box[Symbol.asyncDispose]());

test("a machine that runs has at once what can be had, and the rest when it starts again", async () => {
  const folder = join(box.root, "shared");
  mkdirSync(folder);
  writeFileSync(join(folder, "f"), "content");
  const said = await box.cli(
    "set",
    'engine.daemon.labels=["a=b"]',
    `folders=${folder}:ro`,
    "disk-size=24g",
    "memory=1200m",
  );
  expect(said).toMatchObject({ code: 0, stdout: "" });
  expect(said.stderr).toContain("memory: 1g → 1200m");
  expect(said.stderr).toContain("hint: The machine has memory as set when it starts again");
  expect(await box.dockerOk(["info", "--format", "{{json .Labels}}"])).toBe('["a=b"]');
  expect(await box.dockerOk(["run", "--rm", "-v", `${folder}:/src`, "boot2docker/busybox", "cat", "/src/f"])).toBe(
    "content",
  );
  expect(Number(await inGuest("df -k /mnt/data | awk 'END {print $2}'"))).toBeGreaterThan(22 * 2 ** 20);
  expect(await box.ok("config", "--effective")).toMatch(/^memory +1200m \(1g until it starts again\)/m);

  const totalKiB = () => inGuest("awk '/^MemTotal/ {print $2}' /proc/meminfo");
  expect(Number(await totalKiB())).toBeLessThan(2 ** 20);
  await box.ok("restart");
  expect(Number(await totalKiB())).toBeGreaterThan(2 ** 20);
  expect(await box.ok("config", "--effective")).not.toContain("until it starts again");
  expect(await box.dockerOk(["info", "--format", "{{json .Labels}}"])).toBe('["a=b"]');
});

test("ports that are published go to every address, and back to the loopback, while their container runs", async () => {
  const serve = ["sh", "-c", "echo here >/tmp/index.html; exec httpd -f -p 80 -h /tmp"];
  const id = await box.dockerOk(["run", "-d", "-p", "8061:80", "boot2docker/busybox", ...serve]);
  expect(await listeners(8061)).toEqual(["127.0.0.1:8061", "[::1]:8061"]);
  await box.ok("set", "publish=all");
  expect(await listeners(8061)).toEqual(["0.0.0.0:8061", "[::]:8061"]);
  expect(await (await fetch("http://127.0.0.1:8061/")).text()).toBe("here\n");
  await box.ok("set", "publish=");
  expect(await listeners(8061)).toEqual(["127.0.0.1:8061", "[::1]:8061"]);
  await box.dockerOk(["rm", "-f", id]);
});

test("settings that the engine refuses are not kept, and it is as it was", async () => {
  const before = config();
  const refused = await box.cli("set", "engine.daemon.log-level=loud");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/invalid logging level: loud[^]*hint: Nothing was changed\./);
  expect(config()).toEqual(before);
  expect(await box.ok("status")).toBe("running");
  expect(await box.cli("set", "ssh-port=24001")).toMatchObject({ code: 2 });
});

test("settings are edited in the user's editor, on a terminal", async () => {
  const editor = join(box.root, "editor");
  writeFileSync(editor, '#!/bin/sh\nsed -i \'s/"cpus": .*,/"cpus": 1,/\' "$1"\n');
  chmodSync(editor, 0o755);
  box.env["EDITOR"] = editor;
  const edited = await onTerminal("", "config", "edit");
  expect(edited).toMatchObject({ code: 0 });
  expect(edited.stdout).toMatch(/cpus: \d+ → 1/);
  expect(config()).toMatchObject({ cpus: 1 });
});

test("after a text that can't be used the editor has the terminal again, with all that is typed into it", async () => {
  const editor = join(box.root, "second-editor");
  const again = 'read -r size; sed -i "s/lots/$size/" "$1"';
  const first = 'sed -i \'s/"memory": .*,/"memory": "lots",/\' "$1"';
  writeFileSync(editor, `#!/bin/sh\nif grep -q lots "$1"; then ${again}; else ${first}; fi\n`);
  chmodSync(editor, 0o755);
  box.env["EDITOR"] = editor;
  const edited = await onTerminal("y\n1100m\n", "config", "edit");
  expect(edited.stdout).toMatch(/memory: expected a size[^]*memory: \w+ → 1100m/);
  expect(config()).toMatchObject({ memory: "1100m" });
  await box.ok("set", "memory=1200m");
});

test("list, active and inspect tell of the machine", async () => {
  expect(await box.ok("list")).toMatch(
    /^boot2docker +[*-] +running +1 +1200m +24g +\d+\.\d+\.\d+\S* +tcp:\/\/127\.0\.0\.1:\d+ +-$/m,
  );
  await box.ok("context", "use");
  expect(await box.ok("active")).toBe("boot2docker");
  const agentLog = await box.ok("inspect", "--format", "{{.Files.AgentLog}}");
  expect(readFileSync(agentLog, "utf8")).not.toBe("");
  const { machines } = JSON.parse(await box.ok("ls", "--json")) as { machines: { name: string; problems: string[] }[] };
  expect(machines).toMatchObject([{ name: "boot2docker", state: "running", problems: [] }]);
});

test("a bash that completes asks the program for machines", async () => {
  const bin = join(box.root, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "boot2docker"), `#!/bin/sh\nexec ${process.execPath} ${cliFile} "$@"\n`);
  chmodSync(join(bin, "boot2docker"), 0o755);
  const script =
    'eval "$(boot2docker completion bash)"; COMP_WORDS=(boot2docker status bo); COMP_CWORD=2; _boot2docker boot2docker; echo "${COMPREPLY[@]}"';
  const env = { ...box.env, PATH: `${bin}:${box.env["PATH"] ?? ""}` };
  expect(await must("bash", ["-c", script], { env })).toBe("boot2docker");
});

test("the console shows what was said there, and Ctrl-] leaves it", async () => {
  const { code, stdout } = await onTerminal("\u001d", "console");
  expect(code).toBe(0);
  expect(stdout).toContain("attached to the console of boot2docker: Ctrl-] detaches");
  expect(await box.ok("status")).toBe("running");
});

test("a reset, and switching it off: what was on the disk is there, and Docker answers again", async () => {
  await box.dockerOk(["volume", "create", "kept"]);
  await box.dockerOk(["run", "-d", "--name", "always", "--restart", "always", "boot2docker/busybox", "sleep", "86400"]);
  await inGuest("sync"); // Docker does not, for a container that has just started.
  await box.ok("reset");
  // dockerd starts it while it answers already.
  const running = () => box.dockerOk(["ps", "--format", "{{.Names}}"]);
  await expect.poll(running, { timeout: 60_000 }).toBe("always");
  expect(Number(await inGuest("cut -d. -f1 /proc/uptime"))).toBeLessThan(120);
  await box.ok("poweroff");
  expect(await box.cli("status")).toMatchObject({ code: 3, stdout: "stopped\n" });
  expect(await box.cli("reset")).toMatchObject({ code: 3 });
  await box.ok("up");
  expect(await box.dockerOk(["volume", "ls", "-q"])).toBe("kept");
  await expect.poll(running, { timeout: 60_000 }).toBe("always");
});
