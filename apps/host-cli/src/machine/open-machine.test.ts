import { expect, test } from "vitest";
import { openAgent } from "../agent/open-agent.ts";
import type { FakeWorld } from "../testing/fake-world.ts";
import { RecordedProgress } from "../testing/recorded-progress.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";
import { machineDir } from "../machine-dir/dir.ts";
import { openMachine } from "./open-machine.ts";

const never = new AbortController().signal;
const options = { timeoutMs: 60_000, force: false };

function statusOf(world: FakeWorld) {
  return world.clock.settle(openMachine(world.host(), "m1").status(never));
}

function down(world: FakeWorld, given = options) {
  return world.clock.settle(openMachine(world.host(), "m1").down(given, new RecordedProgress(), never));
}

test("the status of a machine follows what is so, from absent to stopped", async () => {
  const { world } = await worldWithMachine();
  const absent = openMachine(world.host(), "other").status(never);
  expect(await world.clock.settle(absent)).toEqual({ state: "absent" });
  expect(await statusOf(world)).toEqual({ state: "stopped" });
  await bringUp(world);
  expect(await statusOf(world)).toMatchObject({ state: "running", guest: { lifecycle: { name: "ready" } } });
  await down(world);
  expect(await statusOf(world)).toEqual({ state: "stopped" });
});

test("a command that finds the agent killed starts another and tells the guest's true state", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  const [first] = world.agents;
  world.kill(first?.identity.pid ?? 0);
  expect(await statusOf(world)).toMatchObject({ state: "running" });
  expect(world.agents).toHaveLength(1);
  expect(world.vms[0]?.forwards.size).toBe(2);
});

test("a guest that takes a second to find a new agent is not taken for one that starts", async () => {
  const { world } = await worldWithMachine();
  world.guest = { helloMs: 1_000 };
  await bringUp(world);
  world.kill(world.agents[0]?.identity.pid ?? 0);
  expect(await statusOf(world)).toMatchObject({ state: "running" });
});

test("the agent cleans up and ends when its VM is killed", async () => {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  const vm = [...world.processes.values()].find(({ identity }) => identity.commandLine.includes("-pidfile"));
  world.kill(vm?.identity.pid ?? 0);
  await world.clock.pass(1_000);
  expect(world.agents).toEqual([]);
  for (const path of [dir.pid, dir.agentSocket, dir.channelSocket, dir.agentMonitor]) {
    expect(world.disk.names()).not.toContain(path);
  }
  expect(await statusOf(world)).toEqual({ state: "stopped" });
});

test("down asks the guest, waits for the VM and its agent, and up finds the disk formatted", async () => {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  await down(world);
  expect(world.vms[0]?.history).toContain("shutdown asked");
  expect(world.agents).toEqual([]);
  for (const path of [dir.pid, dir.channelSocket, dir.agentSocket]) expect(world.disk.names()).not.toContain(path);
  await bringUp(world);
  expect(world.vms[1]?.history).not.toContain("formatted");
});

test("down of a stopped machine does nothing", async () => {
  const { world } = await worldWithMachine();
  await down(world);
  expect(world.vms).toEqual([]);
});

test("down presses the power button of a guest that is not connected", async () => {
  const { world } = await worldWithMachine();
  world.guest = { isSilent: true };
  await bringUp(world).catch(() => undefined);
  await down(world);
  expect(world.vms[0]?.history).toEqual(["power button"]);
});

test("a guest that does not shut down is killed only by force", async () => {
  const { world } = await worldWithMachine();
  world.guest = { ignoresShutdown: true };
  await bringUp(world);
  await expect(down(world)).rejects.toMatchObject({ code: "shutdown-timeout" });
  expect(await statusOf(world)).toMatchObject({ state: "running" });
  await down(world, { ...options, force: true });
  expect(await statusOf(world)).toEqual({ state: "stopped" });
});

test("remove ends the VM and deletes the machine's directory with everything in it", async () => {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  await world.clock.settle(openMachine(world.host(), "m1").remove(new RecordedProgress(), never));
  expect(world.disk.names().filter((name) => name.startsWith(dir.root.machines))).toEqual([dir.root.machines]);
  expect(world.ports.size).toBe(0);
});

test("remove of a machine whose directory is a link deletes nothing", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.path, "/home/user/documents", { kind: "symlink" });
  const removed = openMachine(world.host(), "m1").remove(new RecordedProgress(), never);
  await expect(world.clock.settle(removed)).rejects.toMatchObject({ code: "machine-directory" });
  expect(world.disk.names()).toContain(dir.dataDisk);
});

test("every verb of a machine that is not there says so with exit code 3", async () => {
  const { world } = await worldWithMachine();
  const machine = openMachine(world.host(), "other");
  const absent = { code: "machine-absent", exitCode: 3 };
  const progress = new RecordedProgress();
  await expect(machine.readConfig()).rejects.toMatchObject(absent);
  await expect(machine.up(progress, never)).rejects.toMatchObject(absent);
  await expect(machine.down(options, progress, never)).rejects.toMatchObject(absent);
  await expect(machine.remove(progress, never)).rejects.toMatchObject(absent);
});

test("two ups at once start one VM, and both end well", async () => {
  const { world } = await worldWithMachine();
  const ups = [1, 2].map(() => openMachine(world.host(), "m1").up(new RecordedProgress(), never));
  await world.clock.settle(Promise.all(ups));
  expect(world.vms).toHaveLength(1);
});

test("a command that waited for a delete finds no machine, and makes none", async () => {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  const removed = openMachine(world.host(), "m1").remove(new RecordedProgress(), never);
  const late = openMachine(world.host(), "m1").down(options, new RecordedProgress(), never);
  await expect(world.clock.settle(Promise.all([removed, late]))).rejects.toMatchObject({ code: "machine-absent" });
  expect(world.disk.names()).not.toContain(dir.path);
});

async function askToShutDown(world: FakeWorld, mode: "poweroff" | "reboot"): Promise<void> {
  const host = world.host();
  const agent = await world.clock.settle(openAgent(host, machineDir(host, "m1"), () => undefined, never));
  await world.clock.settle(agent.call("shutdown", { mode }, never));
  await agent.close();
}

test("up waits for a shutdown that has begun, and starts the machine again", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  await askToShutDown(world, "poweroff");
  expect(await statusOf(world)).toMatchObject({ state: "stopping" });
  expect(await bringUp(world)).toContain("done: VM started");
  expect(await statusOf(world)).toMatchObject({ state: "running" });
  expect(world.vms).toHaveLength(2);
});

test("up waits for a guest that boots again by itself, in the same VM", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  await askToShutDown(world, "reboot");
  expect(await bringUp(world)).toEqual([
    "done: shutdown finished",
    "done: data disk mounted",
    "done: engine ready",
    "done: Docker answers over TLS from this host",
  ]);
  expect(world.vms).toHaveLength(1);
  expect(world.agentFailures).toEqual([]);
});

test("a VM that ends while up waits for it is an error, unless it was there before", async () => {
  const { world, dir } = await worldWithMachine();
  world.guest = { isSilent: true };
  const first = bringUp(world).catch((error: unknown) => error);
  await world.clock.pass(5_000);
  world.kill(Number(world.disk.text(dir.pid)));
  expect(await world.clock.settle(first)).toMatchObject({ code: "vm-ended" });

  const killed = openMachine(world.host({ diesAfter: 80 }), "m1").up(new RecordedProgress(), never);
  await world.clock.settle(Promise.race([killed, world.clock.delay(1_000, never)]));
  expect(world.vms).toHaveLength(2);
  const second = bringUp(world);
  await world.clock.pass(5_000);
  world.guest = {};
  world.kill(Number(world.disk.text(dir.pid)));
  expect(await second).toContain("done: VM started");
});
