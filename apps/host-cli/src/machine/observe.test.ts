import { errorCodes, RpcError } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { qemuDriver } from "../driver/qemu.ts";
import { openAgent } from "../agent/open-agent.ts";
import { bringUp, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { observe, pingDocker } from "./observe.ts";

const never = new AbortController().signal;

async function running() {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  const host = world.host();
  const agent = await world.clock.settle(openAgent(host, dir, () => undefined, never));
  return { world, dir, host, driver: qemuDriver(host, dir), agent };
}

test("VM, agent and guest are seen together", async () => {
  const { world, host, driver, agent } = await running();
  expect(await world.clock.settle(observe(host, driver, agent, never))).toMatchObject({
    vm: { state: "on" },
    agent: { guestConnected: true },
    guest: { lifecycle: { name: "ready" } },
  });
});

test("the agent of an earlier VM says nothing about this one", async () => {
  const { world, host, driver, agent } = await running();
  const later = { pid: 9999, startMark: "later", commandLine: "" };
  const other = { ...driver, inspect: async () => ({ state: "on" as const, process: later }) };
  expect(await world.clock.settle(observe(host, other, agent, never))).toEqual({ vm: { state: "on", process: later } });
});

test("an agent that is gone is no error", async () => {
  const { world, host, driver, agent } = await running();
  world.kill(world.agents[0]?.identity.pid ?? 0);
  expect(await world.clock.settle(observe(host, driver, agent, never))).toEqual({ vm: await driver.inspect() });
});

test("a VM that stands still is not asked for its guest's state", async () => {
  const { world, host, driver, agent } = await running();
  await world.vms[0]?.pause("io-error");
  await world.clock.pass(6_000);
  const seen = await world.clock.settle(observe(host, driver, agent, never));
  expect(seen.agent?.problems).toMatchObject([{ code: "vm-paused" }]);
  expect(seen.guest).toBeUndefined();
});

test("a guest that does not answer its agent is what is wrong, and not the agent", async () => {
  const { world, host, driver, agent } = await running();
  const call: typeof agent.call = async (method, params, signal) => {
    if (method === "state.get") throw new RpcError(errorCodes.closed, "gone");
    return agent.call(method, params, signal);
  };
  expect(await world.clock.settle(observe(host, driver, { ...agent, call }, never))).toMatchObject({
    agent: { detail: "the guest does not answer" },
  });
});

test("Docker's answer, its refusal and its absence are told apart", async () => {
  const { world, dir, host } = await running();
  expect(await pingDocker(host, dir, machineConfig, never)).toEqual({ answers: true });
  const [vm] = world.vms;
  if (vm !== undefined) vm.isReady = false;
  expect(await pingDocker(host, dir, machineConfig, never)).toMatchObject({ problem: "it answers 503: starting" });
  world.vms.length = 0;
  expect(await pingDocker(host, dir, machineConfig, never)).toMatchObject({
    problem: expect.stringContaining("ECONNREFUSED") as string,
  });
  world.disk.entries.delete(dir.tlsKey);
  expect(await pingDocker(host, dir, machineConfig, never)).toMatchObject({
    problem: expect.stringContaining("a certificate is missing") as string,
  });
});
