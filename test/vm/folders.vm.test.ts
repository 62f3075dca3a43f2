import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { importProgram } from "../harness/program-image.ts";

/** Folders of the host in the guest and in containers. The user's home is the sandbox, and shared as with every new machine. */
let box: Sandbox;
let env: Record<string, string>;
let project: string;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
  env = await box.dockerEnv();
  project = join(box.root, "project");
  mkdirSync(project);
});
afterEach(async () => {
  // The last one leaves a machine that is off.
  const { code, stdout } = await docker("ps", "-aq");
  if (code === 0 && stdout !== "") await dockerOk("rm", "-f", ...stdout.trim().split("\n"));
});
afterAll(async () => box[Symbol.asyncDispose]());

const docker = (...args: string[]) => box.docker(args, { env });
const dockerOk = (...args: string[]) => box.dockerOk(args, { env });
const image = "boot2docker/busybox";
/** A shell command in a container that has the project as /src. */
const inContainer = (command: string, ...options: string[]) =>
  dockerOk("run", "--rm", "-v", `${project}:/src`, ...options, image, "sh", "-c", command);
const inGuest = (command: string) => box.ok("ssh", command);
const running = (name: string, command: string, folder = project) =>
  dockerOk("run", "-d", "--name", name, "-v", `${folder}:/src`, image, "sh", "-c", command);
const ticks = (): number => readFileSync(join(project, "ticks"), "utf8").split("\n").length;
/** Counts once a second, in a file of the host. */
const ticker = "while :; do date >>/src/ticks; sleep 1; done";

test("the home is at the same path: docker run -v finds it, and what a container makes belongs to the user", async () => {
  writeFileSync(join(project, "from-host"), "of the host\n");
  const said = await inContainer("cat /src/from-host; echo of the container >/src/made; stat -c '%u:%g' /src/made");
  expect(said).toBe("of the host\n1000:1000");
  expect(readFileSync(join(project, "made"), "utf8")).toBe("of the container\n");
  expect(lstatSync(join(project, "made")).uid).toBe(process.getuid?.());
  expect(await inGuest(`stat -c %U ${project}/made`)).toBe("docker");
});

test("any user of a container can work there, and nobody becomes the host's user by it", async () => {
  await inContainer("echo 999 >/src/by-999 && chmod 4755 /src/by-999 && chown 5:5 /src/by-999", "-u", "999");
  expect(lstatSync(join(project, "by-999")).mode & 0o7777).toBe(0o755);
  expect(lstatSync(join(project, "by-999")).uid).toBe(process.getuid?.());
});

test("all kinds of files, and a tree as tar makes it", async () => {
  const said = await inContainer(
    [
      "cd /src && mkdir -p t/a && cd t",
      "echo 1 >a/f && ln a/f hard && ln -s a/f soft && mkfifo pipe && mv a/f a/g && cat hard soft 2>&1 | head -1",
      "(echo through >pipe &) && cat pipe",
      "tar -c a hard soft | tar -x -C /tmp && cat /tmp/hard",
      "exec 3<>held && rm held && echo kept >&3 && dd if=/dev/zero of=big bs=1M count=9 2>/dev/null && sha1sum big && rm -r a",
    ].join(" && "),
  );
  expect(said).toBe(`1\nthrough\n1\n${zeros(9)}  big`);
  expect(lstatSync(join(project, "t", "soft")).isSymbolicLink()).toBe(true);
  expect(existsSync(join(project, "t", "a"))).toBe(false);
});

const zeros = (mebibytes: number): string =>
  execFileSync("sha1sum", { input: Buffer.alloc(mebibytes << 20), encoding: "utf8" }).slice(0, 40);

test("what is changed on the host is seen in the container, also when it was just read", async () => {
  await running("reader", "sleep 1000");
  const file = join(project, "edited");
  const read = () => dockerOk("exec", "reader", "cat", "/src/edited");
  writeFileSync(file, "one");
  expect(await read()).toBe("one");
  writeFileSync(file, "two");
  expect(await read()).toBe("two");
  writeFileSync(`${file}.new`, "three, by another file");
  renameSync(`${file}.new`, file);
  await expect.poll(read, { timeout: 5_000 }).toBe("three, by another file");
  rmSync(file);
  await expect
    .poll(async () => (await docker("exec", "reader", "cat", "/src/edited")).code, { timeout: 5_000 })
    .toBe(1);
});

test("a killed agent: who works in a folder waits, and goes on with the next one, nothing lost", async () => {
  await running("ticker", `exec 3>>/src/held; ${ticker} & i=0; while :; do echo $i >&3; i=$((i+1)); sleep 1; done`);
  await expect.poll(() => existsSync(join(project, "ticks")) && ticks(), { timeout: 30_000 }).toBeGreaterThan(2);
  const { pid } = await askAgent(box, "agent.status", {});
  process.kill(pid, "SIGKILL");
  const before = ticks();
  expect(await box.ok("status")).toBe("running");
  await expect.poll(ticks, { timeout: 60_000 }).toBeGreaterThan(before + 3);
  await dockerOk("exec", "ticker", "sync");
  const held = readFileSync(join(project, "held"), "utf8").trimEnd().split("\n");
  expect(held, "a file that was open all the time").toEqual(held.map((_, index) => String(index)));
});

test("a killed guest-init, ssh server, ssh client: folders go on", async () => {
  await running("ticker", ticker);
  for (const kill of ["pidof guest-init", "pidof dropbear"]) {
    await inGuest(`sudo kill -9 $(${kill})`).catch(() => undefined); // Its own connection may go with it.
    const before = ticks();
    await expect.poll(ticks, { timeout: 60_000 }).toBeGreaterThan(before + 3);
  }
  execFileSync("pkill", ["-9", "-f", `ControlPath=${box.root}`]);
  const before = ticks();
  await expect.poll(ticks, { timeout: 60_000 }).toBeGreaterThan(before + 3);
  expect(await box.ok("status")).toBe("running");
});

test("mount and umount, while the machine runs; a folder to be read only is", async () => {
  const other = join(box.root, "..", `${box.root.split("/").at(-1) ?? ""}-other`);
  mkdirSync(other);
  try {
    writeFileSync(join(other, "f"), "content");
    await box.ok("mount", `${other}:ro`);
    expect(await box.ok("mount")).toMatch(/^.*-vm-\w+ +read-write +mounted\n.*-other +read-only +mounted$/);
    const use = `cat ${other}/f; echo x >${other}/f || echo refused`;
    expect(await dockerOk("run", "--rm", "-v", `${other}:${other}`, image, "sh", "-c", use)).toContain("refused");
    await running("user", "sleep 1000", other);
    const refused = await box.cli("umount", other);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("is used by user") as string });
    await dockerOk("stop", "-t", "0", "user");
    await box.ok("umount", other);
    expect(await box.ok("mount")).not.toContain("-other");
    // Not an empty folder in memory.
    for (const command of [
      ["run", "--rm", "-v", `${other}:/x`, image, "true"],
      ["start", "user"],
    ]) {
      expect((await docker(...command)).stderr).toContain(`there is no ${other} in the machine`);
    }
    await box.ok("mount", other);
    await dockerOk("start", "user");
    await dockerOk("rm", "-f", "user");
    await box.ok("umount", other);
    const absent = await box.cli("mount", join(other, "none-such"));
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining("no folder of this host") as string });
  } finally {
    rmSync(other, { recursive: true });
  }
});

test("no container reaches the host's files by the way that the guest has", async () => {
  const port = "127.0.0.1 32049";
  const dial = `echo | timeout 5 nc ${port}; echo ended with $?`;
  expect(await inGuest(`echo | sudo timeout 5 nc ${port} >/dev/null; echo $?`), "there is somebody").toBe("0");
  expect(await dockerOk("run", "--rm", "--network", "host", image, "sh", "-c", dial)).toContain("ended with 1");
  const overIpv6 = dial.replace("127.0.0.1", "::1");
  expect(await dockerOk("run", "--rm", "--network", "host", image, "sh", "-c", overIpv6)).toContain("ended with 1");
  const gateway = dial.replace("127.0.0.1", "172.17.0.1");
  expect(await dockerOk("run", "--rm", image, "sh", "-c", gateway)).toContain("ended with 1");
});

test("containers that start with the machine have their folders, and what they wrote last is on the host", async () => {
  await dockerOk(
    "run",
    "-d",
    "--name",
    "kept",
    "--restart",
    "always",
    "-v",
    `${project}:/src`,
    image,
    "sh",
    "-c",
    "echo begun >>/src/begun; trap 'echo ended >>/src/begun; exit' TERM; while :; do sleep 1; done",
  );
  await expect.poll(() => existsSync(join(project, "begun")), { timeout: 10_000 }).toBe(true);
  await box.ok("restart");
  await expect
    .poll(() => readFileSync(join(project, "begun"), "utf8"), { timeout: 30_000 })
    .toBe("begun\nended\nbegun\n");
});

test("a folder that is watched: a watcher in a container hears of what the host changes, and nobody on the host hears of that", async () => {
  const watched = join(box.root, "watched");
  const at = (name: string): string => join(watched, "src", name);
  mkdirSync(join(watched, "src"), { recursive: true });
  writeFileSync(at("edited"), "one");
  await box.ok("mount", `${watched}:watch`);
  expect(await box.ok("mount")).toContain(`${watched}  read-write  mounted, watched`);
  await importProgram(box.dockerClient, process.execPath, "node", { env });
  const program = "fs.watch('/src/src', (kind, name) => console.log(kind, name)); console.log('watching')";
  await dockerOk("run", "-d", "--name", "watcher", "-v", `${watched}:/src`, "node", "-e", program);
  const heard = async (): Promise<string> => (await docker("logs", "watcher")).stdout;
  await expect.poll(heard, { timeout: 30_000 }).toContain("watching");
  writeFileSync(at("edited"), "two");
  await expect.poll(heard, { timeout: 10_000 }).toContain("change edited");
  writeFileSync(at("made"), "");
  const { ctimeNs } = lstatSync(at("made"), { bigint: true });
  await expect.poll(heard, { timeout: 10_000 }).toContain("change made");
  rmSync(at("edited"));
  // Of the folder itself, a second time.
  await expect.poll(async () => (await heard()).match(/^rename src$/gm)?.length, { timeout: 10_000 }).toBe(2);
  expect(lstatSync(at("made"), { bigint: true }).ctimeNs).toBe(ctimeNs);
  await dockerOk("rm", "-f", "watcher");
  await box.ok("umount", watched);
});

test("a bind mount of what is not shared is refused with the reason, and nothing is made; what the machine has is let through", async () => {
  const nowhere = "/home/nobody/shares-this";
  for (const options of [
    ["-v", `${nowhere}:/x`],
    ["--mount", `type=bind,source=${nowhere},target=/x`],
  ]) {
    const { stderr } = await docker("run", "--rm", ...options, image, "true");
    expect(stderr).toContain(`there is no ${nowhere} in the machine: boot2docker mount FOLDER shares`);
  }
  expect(await inGuest("ls /home")).toBe("docker");
  await dockerOk("run", "--rm", "-v", "/mnt/data/made:/x", "-v", "/var/run/docker.sock:/s", image, "test", "-S", "/s");
});

test("a folder whose name is not in the image has a place, at the top too, and the root stays read-only", async () => {
  const top = mkdtempSync("/b2d-top-");
  try {
    await box.ok("mount", top);
    await dockerOk("run", "--rm", "-v", `${top}:/src`, image, "touch", "/src/made");
    expect(existsSync(join(top, "made"))).toBe(true);
    expect((await box.cli("ssh", "sudo touch /at-the-top")).stderr).toContain("Read-only file system");
    await box.ok("umount", top);
  } finally {
    rmSync(top, { recursive: true });
  }
});

test("after a boot without the host's agent who wants a folder is told so, and has it when the agent is back", async () => {
  const { pid } = await askAgent(box, "agent.status", {});
  await inGuest("sudo sh -c '(sleep 2; busybox reboot) >/dev/null 2>&1 &'");
  process.kill(pid, "SIGKILL");
  const answers = async (): Promise<boolean> => (await docker("version")).code === 0;
  await expect.poll(answers, { timeout: 60_000, interval: 500 }).toBe(false);
  await expect.poll(answers, { timeout: 120_000, interval: 2_000 }).toBe(true);
  const { stderr } = await docker("run", "--rm", "-v", `${project}:/src`, image, "true");
  expect(stderr).toContain(`the machine does not have ${box.root} of its host now`);
  await box.cli("status");
  const write = () => docker("run", "--rm", "-v", `${project}:/src`, image, "touch", "/src/again");
  await expect.poll(async () => (await write()).code, { timeout: 60_000, interval: 2_000 }).toBe(0);
  expect(existsSync(join(project, "again"))).toBe(true);
});

test("a machine ends although its agent is away and its folders are waited for", async () => {
  await running("ticker", ticker);
  const { pid } = await askAgent(box, "agent.status", {});
  await inGuest("sudo sh -c '(sleep 2; poweroff) >/dev/null 2>&1 &'");
  process.kill(pid, "SIGKILL");
  await expect
    .poll(async () => (await box.cli("status")).stdout.trim(), { timeout: 200_000, interval: 2_000 })
    .toBe("stopped");
});
