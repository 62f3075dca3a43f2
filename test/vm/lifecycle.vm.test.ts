import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";

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
  const { pid } = await status();
  process.kill(pid ?? Number.NaN, "SIGKILL");
  await expect.poll(async () => (await status()).state, { timeout: 30_000, interval: 500 }).toBe("stopped");
  await box.ok("up");
  expect(await box.dockerOk(["volume", "ls", "-q"])).toBe("kept");
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
  const config = JSON.parse((await box.cli("status", "--json")).stdout) as { config: { dockerPort: number } };
  const stranger = createServer().listen(config.config.dockerPort, "127.0.0.1");
  await once(stranger, "listening");
  try {
    const ran = await box.cli("up");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(String(config.config.dockerPort));
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
