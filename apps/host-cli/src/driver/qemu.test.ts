import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { DriverInfo, VmSpec } from "./driver.ts";
import { qemuDriver } from "./qemu.ts";

const never = new AbortController().signal;
const info: DriverInfo = { version: "9", binary: "/usr/bin/qemu-system-x86_64", accelerator: "tcg", rejected: [] };
const files = { kernelPath: "/k", initrdPath: "/i", rootPath: "/r", dataDiskPath: "/d" };
const spec: VmSpec = { name: "m1", cpus: machineConfig.cpus, memoryMiB: machineConfig.memoryMiB, ...files };

async function started(guest: FakeWorld["guest"] = {}) {
  const { world, dir } = await worldWithMachine();
  world.guest = guest;
  const driver = qemuDriver(world.host(), dir);
  await world.clock.settle(driver.start(spec, info, never));
  return { world, dir, driver };
}

function pidIn(world: FakeWorld, dir: MachineDir): number {
  return Number(world.disk.text(dir.pid));
}

test("starting a VM that runs does nothing", async () => {
  const { world, driver } = await started();
  await world.clock.settle(driver.start(spec, info, never));
  expect(world.vms).toHaveLength(1);
});

test("the console's log of the start before is kept once", async () => {
  const { world, dir, driver } = await started();
  world.disk.put(dir.consoleLog, "first start");
  await world.clock.settle(driver.stop("kill", never));
  await world.clock.settle(driver.start(spec, info, never));
  expect(world.disk.text(dir.previousConsoleLog)).toBe("first start");
  expect(world.disk.names()).not.toContain(dir.consoleLog);
});

test("the process number of a dead VM that another program got since is not that VM", async () => {
  const { world, dir, driver } = await started();
  const pid = pidIn(world, dir);
  world.kill(pid);
  world.processes.set(pid, { identity: { pid, startMark: "later", commandLine: "/usr/bin/editor" }, onKill: [] });
  expect(await driver.inspect()).toEqual({ state: "off" });
  await world.clock.settle(driver.stop("kill", never));
  expect(world.processes.has(pid)).toBe(true);
});

test("killing lets QEMU quit, and resolves when its process is gone", async () => {
  const { world, dir, driver } = await started({ quitMs: 1_000 });
  const pid = pidIn(world, dir);
  await world.clock.settle(driver.stop("kill", never));
  expect(world.processes.has(pid)).toBe(false);
  expect(world.vms[0]?.history).toEqual(["quit"]);
  expect(world.clock.monotonicMs()).toBeGreaterThanOrEqual(1_000);
});

test("a QEMU that does not quit is killed by the system", async () => {
  const { world, driver } = await started({ quitMs: Infinity });
  await world.clock.settle(driver.stop("kill", never));
  expect(await driver.inspect()).toEqual({ state: "off" });
});

test("stopping a VM that is off does nothing", async () => {
  const { world, dir } = await worldWithMachine();
  const driver = qemuDriver(world.host(), dir);
  await driver.stop("acpi", never);
  await driver.stop("kill", never);
  expect(world.vms).toEqual([]);
});

test("a QEMU that is too old is told with its version", async () => {
  const { world, dir } = await worldWithMachine();
  world.programs.set(info.binary, () => ({ code: 0, stdout: "QEMU emulator version 6.2.0\n", stderr: "" }));
  await expect(qemuDriver(world.host(), dir).probe(never)).rejects.toMatchObject({
    code: "qemu-too-old",
    message: "/usr/bin/qemu-system-x86_64 is QEMU 6.2.0; 7.2 or newer is needed",
  });
});
