import { expect, test } from "vitest";
import { RecordedProgress } from "../testing/recorded-progress.ts";
import { bringUp, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { openMachine } from "./open-machine.ts";

const never = new AbortController().signal;

test("up starts the VM and its agent, and waits until Docker answers through the forward", async () => {
  const { world } = await worldWithMachine();
  expect(await bringUp(world)).toEqual([
    "done: image 0.1.0+docker28 unpacked",
    "done: VM started",
    "done: host agent attends the VM",
    "done: guest said hello",
    "done: data disk mounted",
    "done: engine ready",
    "done: Docker answers over TLS from this host",
  ]);
  const forwards = [
    [machineConfig.dockerPort, 2376],
    [machineConfig.sshPort, 22],
  ];
  expect(world.vms.map((vm) => [...vm.forwards])).toEqual([forwards]);
  expect(world.agents).toHaveLength(1);
  expect(world.agentFailures).toEqual([]);
});

test("up of a machine that is up does nothing", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect(await bringUp(world)).toEqual([]);
  expect(world.vms).toHaveLength(1);
});

test("up killed at any of its effects is finished by the next one, with one VM and one format", async () => {
  for (let effect = 0; ; effect += 1) {
    const { world } = await worldWithMachine();
    const death = Promise.withResolvers<boolean>();
    const mortal = world.host({ diesAfter: effect, onDeath: () => death.resolve(false) });
    const done = openMachine(mortal, "m1").up(new RecordedProgress(), never);
    const isDone = await world.clock.settle(Promise.race([done.then(() => true), death.promise]));
    if (isDone) {
      expect(effect).toBeGreaterThan(50); // So many were tried.
      return;
    }
    await bringUp(world);
    const alive = world.vms.filter((vm) => vm.isReady);
    expect(alive, `after effect ${effect}`).toHaveLength(1);
    expect(world.vms.flatMap((vm) => vm.history).filter((word) => word === "formatted")).toHaveLength(1);
    expect(world.agents).toHaveLength(1);
    expect(world.agentFailures).toEqual([]);
  }
}, 60_000);

test("an agent that is killed while up waits is replaced, and up goes on", async () => {
  const { world } = await worldWithMachine();
  const up = bringUp(world);
  await world.clock.pass(500);
  world.kill(world.agents[0]?.identity.pid ?? 0);
  expect(await up).toContain("done: Docker answers over TLS from this host");
  expect(world.agents).toHaveLength(1);
});

test("up names the program that has one of its ports, and starts no VM", async () => {
  const { world } = await worldWithMachine();
  world.ports.set(machineConfig.sshPort, "other");
  world.programs.set("/usr/bin/ss", () => ({
    code: 0,
    stdout: `LISTEN 0 128 127.0.0.1:23761 0.0.0.0:* users:(("python3",pid=7,fd=3))\n`,
    stderr: "",
  }));
  await expect(bringUp(world)).rejects.toMatchObject({
    code: "port-taken",
    message: "port 23761 on 127.0.0.1 is taken by python3 (process 7)",
  });
  expect(world.vms).toEqual([]);
});

test("up fails with the reason and the hint of a guest in rescue", async () => {
  const { world } = await worldWithMachine();
  const reason = {
    code: "data-disk-foreign",
    message: "the disk has a foreign signature",
    hint: "Attach another one.",
  };
  world.guest = { lifecycle: { name: "rescue", reason } };
  await expect(bringUp(world)).rejects.toMatchObject(reason);
});

test("a guest that never says hello ends the wait after its limit, with the place of the kernel's words", async () => {
  const { world, dir } = await worldWithMachine();
  world.guest = { isSilent: true };
  await expect(bringUp(world)).rejects.toMatchObject({
    code: "timeout",
    hint: expect.stringContaining(dir.consoleLog) as string,
  });
  expect(world.clock.monotonicMs()).toBeGreaterThanOrEqual(180_000);
});

test("a QEMU that ends at once is an error with what it said", async () => {
  const { world } = await worldWithMachine();
  world.guest = { startError: "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory\n" };
  await expect(bringUp(world)).rejects.toMatchObject({
    code: "vm-start-failed",
    message: "QEMU ended at once: cannot set up guest memory 'pc.ram': Cannot allocate memory",
    hint: expect.stringContaining("less memory") as string,
  });
});

test.each([
  ["internal-error", "vm-paused"],
  ["guest-panicked", "kernel-panic"],
])("a VM that stops with %s while it starts is reported, not waited for", async (runState, code) => {
  const { world } = await worldWithMachine();
  world.guest = { isSilent: true, runState };
  await expect(bringUp(world)).rejects.toMatchObject({ code });
  expect(world.clock.monotonicMs()).toBeLessThan(60_000);
  expect(world.vms[0]?.history).not.toContain("reset");
});

test("up without QEMU names the command that installs it", async () => {
  const { world } = await worldWithMachine();
  world.programs.clear();
  world.disk.put("/etc/os-release", "ID=ubuntu\nID_LIKE=debian\n");
  await expect(bringUp(world)).rejects.toMatchObject({
    code: "qemu-missing",
    hint: expect.stringContaining("apt-get install qemu-system-x86") as string,
  });
});

test("up of a machine whose data disk is gone makes no new one", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.entries.delete(dir.dataDisk);
  await expect(bringUp(world)).rejects.toMatchObject({ code: "data-disk-missing" });
  expect(world.disk.names()).not.toContain(dir.dataDisk);
});

test("settings that can't be read stop up, and are not touched", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.config, "{ half");
  await expect(bringUp(world)).rejects.toMatchObject({
    code: "config-unreadable",
    message: expect.stringContaining(dir.config) as string,
  });
  expect(world.disk.text(dir.config)).toBe("{ half");
});
