import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

/** The machine's life as its owner and the host's accidents shape it. */
let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(async () => box[Symbol.asyncDispose]());

interface Status {
  state: string;
  pid?: number;
}
const status = async () => JSON.parse((await box.cli("status", "--json")).stdout) as Status;

test("up twice starts one VM, and down while a container runs keeps the container", async () => {
  await box.ok("up");
  const first = await status();
  await box.ok("up");
  expect(await status()).toMatchObject({ state: "running", pid: first.pid });

  await box.dockerOk(["run", "-d", "--name", "busy", "boot2docker/busybox", "sleep", "86400"]);
  await box.ok("down");
  expect((await box.cli("status")).code).toBe(3);
  await box.ok("down");
  await box.ok("up");
  expect(await box.dockerOk(["ps", "-a", "--format", "{{.Names}} {{.State}}"])).toBe("busy exited");
});

test("a killed host agent: the VM goes on, and the next command has an answer", async () => {
  await box.ok("up");
  const before = { vm: (await status()).pid, agent: (await askAgent(box, "agent.status", {})).pid };
  process.kill(before.agent, "SIGKILL");
  expect(await status()).toMatchObject({ state: "running", pid: before.vm });
  expect((await askAgent(box, "agent.status", {})).pid).not.toBe(before.agent);
  expect(await box.dockerOk(["run", "--rm", "boot2docker/busybox", "echo", "still here"])).toBe("still here");
});

test("a killed VM: told as stopped, and started again with its data", async () => {
  await box.ok("up");
  await createKeptVolume();
  await killVm();
  await box.ok("up");
  expect(await box.dockerOk(["volume", "ls", "-q"])).toBe("kept");
});

test("a killed VM: its agent says so and ends, and no port, socket or process is left", async () => {
  await box.ok("up");
  await box.dockerOk(["run", "-d", "-p", "8066:80", "boot2docker/busybox", "httpd", "-f", "-p", "80"]);
  await expectPort(8066, "connected");
  const follower = spawn(process.execPath, [cliFile, "events", "--follow"], { env: box.env });
  const followed = once(follower, "exit");
  await once(follower.stdout, "data");
  follower.stdout.resume();
  await killVm();
  expect(await followed).toEqual([0, null]);
  await expect.poll(leftProcesses, { timeout: 30_000, interval: 500 }).toEqual([]);
  const left = readdirSync(join(box.root, ".boot2docker", "machines", "boot2docker"), { withFileTypes: true });
  expect(left.filter((entry) => entry.isSocket()).map(({ name }) => name)).toEqual([]);
  await expectPort(8066, "ECONNREFUSED");
  expect(await box.ok("logs", "agent")).toMatch(/ the VM is gone, without a shutdown .*\n.* agent ended /);
});

const writtenBytes = 128 * 2 ** 20;

test("a full disk of the host: the machine stands still and says why, and goes on by itself when there is room", async () => {
  const folder = join(box.root, ".boot2docker");
  const ballast = join(folder, "ballast");
  mkdirSync(folder);
  await must("mount", ["-t", "tmpfs", "-o", "size=2g", "tmpfs", folder]);
  try {
    await box.ok("up", "--memory", "1g");
    const { bavail, bsize } = statfsSync(folder);
    await must("fallocate", ["-l", String(bavail * bsize - 32 * 2 ** 20), ballast]);
    const write = `yes | head -c ${String(writtenBytes)} >/written && sync && wc -c </written`;
    await box.dockerOk(["run", "-d", "--name", "writer", "boot2docker/busybox", "sh", "-c", write]);
    await expect.poll(async () => (await status()).state, { timeout: 120_000, interval: 500 }).toBe("unreachable");
    const told = await box.cli("status");
    expect(told.code).toBe(3);
    expect(told.stderr).toContain("the VM is paused: the host's disk is full");
    expect(told.stderr).toContain("hint: Make room");
    rmSync(ballast);
    await expect.poll(async () => (await status()).state, { timeout: 120_000, interval: 500 }).toBe("running");
    expect(await box.dockerOk(["wait", "writer"])).toBe("0");
    expect(await box.dockerOk(["logs", "writer"])).toContain(String(writtenBytes));
    expect(await box.ok("ssh", "sudo dmesg | grep 'I/O error' || echo none")).toBe("none");
  } finally {
    await box.cli("delete", "--yes", "boot2docker");
    await must("umount", [folder]);
  }
});

test("a kernel that panics in service: started again, with its data", async () => {
  await box.ok("up");
  await createKeptVolume();
  const readBoot = () => box.cli("ssh", "cat /proc/sys/kernel/random/boot_id");
  const { stdout: before } = await readBoot();
  // It does not return: the connection is lost with the kernel.
  const panic = box.cli("ssh", "echo c | sudo tee /proc/sysrq-trigger");
  const hasBooted = async () => {
    const { code, stdout } = await readBoot();
    return code === 0 && stdout !== before;
  };
  await expect.poll(hasBooted, { timeout: 200_000, interval: 2_000 }).toBe(true);
  await panic;
  await box.ok("up");
  expect(await box.dockerOk(["volume", "ls", "-q"])).toBe("kept");
});

test("a docker port that a stranger took: named, and nothing is lost", async () => {
  await box.ok("init");
  const { settings } = JSON.parse(await box.ok("inspect")) as { settings: { dockerPort: number } };
  const stranger = createServer().listen(settings.dockerPort, "127.0.0.1");
  await once(stranger, "listening");
  try {
    const ran = await box.cli("up");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(String(settings.dockerPort));
    expect(ran.stderr).toMatch(/hint:/);
  } finally {
    stranger.close();
  }
  await box.ok("up");
});

/** Docker itself does not flush a new volume to the disk. */
async function createKeptVolume(): Promise<void> {
  await box.dockerOk(["volume", "create", "kept"]);
  await box.ok("ssh", "sync");
}

async function killVm(): Promise<void> {
  process.kill((await status()).pid ?? Number.NaN, "SIGKILL");
  await expect.poll(async () => (await status()).state, { timeout: 30_000, interval: 500 }).toBe("stopped");
}

/** Command lines of all that runs for the sandbox's machine, or was started by its command. */
function leftProcesses(): string[] {
  const said = execFileSync("ps", ["-e", "-ww", "-o", "pid=,args=", "--no-headers"], { encoding: "utf8" });
  return said.split("\n").filter((line) => line.includes(box.root));
}

async function expectPort(port: number, outcome: string): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port });
  const said = await once(socket, "connect").then(
    () => "connected",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : String(error)),
  );
  socket.destroy();
  expect(said).toBe(outcome);
}
