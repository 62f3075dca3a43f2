import type { GuestState } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { bringUp, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { runAgent } from "./agent.ts";
import { connectToAgent, openAgent } from "./open-agent.ts";

const never = new AbortController().signal;

async function running() {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  const [vm] = world.vms;
  if (vm === undefined) throw new Error("no VM");
  return { world, dir, vm };
}

test("a second agent of the same machine ends at once", async () => {
  const { world } = await running();
  await world.clock.settle(runAgent(world.host(), "m1", never));
  expect(world.agents).toHaveLength(1);
});

test("an agent of a machine without a VM ends at once and leaves no socket", async () => {
  const { world, dir } = await worldWithMachine();
  await world.clock.settle(runAgent(world.host(), "m1", never));
  expect(world.disk.names()).not.toContain(dir.agentSocket);
});

test("agents killed ten times over: the VM goes on, and each new one has guest and forwards again", async () => {
  const { world, dir, vm } = await running();
  for (let round = 0; round < 10; round += 1) {
    const [agent] = world.agents;
    world.kill(agent?.identity.pid ?? 0);
    const connection = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
    await world.clock.pass(1_000);
    const status = await world.clock.settle(connection.call("agent.status", {}, never));
    expect(status).toMatchObject({ guestConnected: true });
    await connection.close();
  }
  expect([...vm.forwards.keys()]).toEqual([machineConfig.dockerPort, machineConfig.sshPort]);
  expect(world.vms).toHaveLength(1);
  expect(world.agentFailures).toEqual([]);
});

test("a kernel that panics in service is reset, and serves again", async () => {
  const { world, vm } = await running();
  await vm.pause("guest-panicked");
  await world.clock.pass(20_000);
  expect(vm.history.filter((entry) => entry === "reset")).toHaveLength(1);
  expect(vm.history.at(-1)).toBe("ready");
});

test("a VM that was paused by a full host disk goes on when there is room", async () => {
  const { world, vm } = await running();
  await vm.pause("io-error");
  await world.clock.pass(12_000);
  const resumed = vm.history.filter((entry) => entry === "resume");
  expect(resumed.length).toBeGreaterThanOrEqual(2);
  expect(resumed.length).toBeLessThanOrEqual(3);
});

test("nobody asks a VM that says nothing, but for a look now and then", async () => {
  const { world, vm } = await running();
  const before = vm.timesAsked;
  await world.clock.pass(10 * 60_000);
  expect(vm.timesAsked - before).toBeGreaterThanOrEqual(9);
  expect(vm.timesAsked - before).toBeLessThanOrEqual(11);
});

test("as long as there is none, the VM is tried once a round and told as paused all the time", async () => {
  const { world, dir, vm } = await running();
  const agent = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
  await vm.pause("io-error");
  await world.clock.pass(6_000);
  for (let second = 0; second < 60; second += 1) {
    await world.clock.pass(1_000);
    const { problems } = await world.clock.settle(agent.call("agent.status", {}, never));
    expect(problems).toMatchObject([{ code: "vm-paused" }]);
  }
  const tries = vm.history.filter((entry) => entry === "resume").length;
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(14);
  delete world.guest.runState;
  await world.clock.pass(6_000);
  expect((await world.clock.settle(agent.call("agent.status", {}, never))).problems).toBeUndefined();
  await agent.close();
});

test.each([
  ["is killed", true],
  ["was shut down", false],
] as const)(
  "a VM that %s leaves no socket, and its end is told in the log when it was none in order",
  async (end, isTold) => {
    const { world, dir } = await running();
    // As an ssh client leaves it behind.
    world.disk.put(dir.engineSocket, "", { kind: "socket" });
    const [qemu] = [...world.processes.values()].filter(({ identity }) => identity.commandLine.includes("qemu"));
    if (end === "is killed") world.kill(qemu?.identity.pid ?? 0);
    else {
      const agent = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
      await world.clock.settle(agent.call("shutdown", { mode: "poweroff" }, never));
    }
    await world.clock.pass(10_000);
    expect(world.agents).toEqual([]);
    expect(world.disk.text(dir.agentLog)?.includes(" the VM is gone, without a shutdown ")).toBe(isTold);
    expect([...world.disk.entries].filter(([, { kind }]) => kind === "socket")).toEqual([]);
  },
);

test("a guest is told the time about once a minute", async () => {
  const { world, vm } = await running();
  const before = vm.timesTold;
  await world.clock.pass(10 * 60_000);
  expect(vm.timesTold - before).toBeGreaterThanOrEqual(9);
  expect(vm.timesTold - before).toBeLessThanOrEqual(10);
});

test("the guest's methods pass through the agent", async () => {
  const { world, dir, vm } = await running();
  const agent = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
  const state: GuestState = await world.clock.settle(agent.call("state.get", {}, never));
  expect(state.lifecycle).toEqual({ name: "ready" });
  await world.clock.settle(agent.call("shutdown", { mode: "poweroff" }, never));
  expect(vm.history).toContain("shutdown asked");
});

test("the guest's hints name the machine, whose name the guest does not know", async () => {
  const { world, dir } = await worldWithMachine();
  const reason = { code: "engine-failed", message: "engine: no", hint: "`boot2docker logs dockerd` says more." };
  world.guest = { lifecycle: { name: "rescue", reason } };
  await bringUp(world).catch(() => undefined);
  const agent = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
  expect(await world.clock.settle(agent.call("state.get", {}, never))).toMatchObject({
    lifecycle: { reason: { hint: "`boot2docker logs m1 dockerd` says more." } },
  });
});

test("a client is told when the guest's state changes", async () => {
  const { world, dir } = await worldWithMachine();
  const up = bringUp(world);
  let changes = 0;
  const agent = await world.clock
    .settle(openAgent(world.host(), dir, () => void (changes += 1), never))
    .catch(() => undefined);
  await up;
  await agent?.close();
  expect(changes).toBeGreaterThan(0);
});

test("without a guest its methods are refused with the reason", async () => {
  const { world, dir } = await worldWithMachine();
  world.guest = { isSilent: true };
  const up = bringUp(world).catch(() => undefined);
  const agent = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
  await expect(world.clock.settle(agent.call("state.get", {}, never))).rejects.toThrow("it has not said hello yet");
  await up;
});

test("a port that was taken while the agent was away is reported, and taken again when it is free", async () => {
  const { world, dir, vm } = await running();
  world.kill(world.agents[0]?.identity.pid ?? 0);
  vm.forwards.delete(machineConfig.dockerPort);
  world.ports.set(machineConfig.dockerPort, "stranger");
  const agent = await world.clock.settle(openAgent(world.host(), dir, () => undefined, never));
  const problems = async () => (await world.clock.settle(agent.call("agent.status", {}, never))).problems;
  expect(await problems()).toMatchObject([{ code: "port-taken" }]);
  world.ports.delete(machineConfig.dockerPort);
  await world.clock.pass(6_000);
  expect(await problems()).toBeUndefined();
  expect(vm.forwards.get(machineConfig.dockerPort)).toBe(2376);
});

test("a guest that missed the opening of its port gets another one", async () => {
  const { world } = await worldWithMachine();
  world.guest = { deafTo: 2 };
  expect(await bringUp(world)).toContain("done: guest said hello");
});

test("an agent that came while another one was dying is started again", async () => {
  const { world, dir } = await running();
  world.kill(world.agents[0]?.identity.pid ?? 0);
  const dying = await world.host().files.tryLock(dir.agentLock);
  const opened = openAgent(world.host(), dir, () => undefined, never);
  await world.clock.pass(2_000);
  await dying?.[Symbol.asyncDispose]();
  expect(await world.clock.settle(opened)).toBeDefined();
});

test("a client that speaks nonsense does no harm to the others", async () => {
  const { world, dir } = await running();
  const noise = await world.host().network.connectUnix(dir.agentSocket, never);
  await noise.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  const agent = await world.clock.settle(connectToAgent(world.host(), dir, () => undefined, never));
  expect(agent).toBeDefined();
  await world.clock.pass(20_000);
  expect(world.agentFailures).toEqual([]);
});
