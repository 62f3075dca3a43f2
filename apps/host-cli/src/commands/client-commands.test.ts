import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));

test("context makes the machine's, has clients use it, and takes it away", async () => {
  const { world } = await worldWithMachine();
  expect((await run(world, "context show m1")).stdout).toMatch(/^boot2docker-m1 {2}unix:.*docker\.sock {2}not made\n$/);
  expect((await run(world, "context make m1")).stdout).toContain("  made");
  expect((await run(world, "context use m1")).stdout).toContain("  in use");
  expect(JSON.parse((await run(world, "context --json show m1")).stdout)).toMatchObject({
    isMade: true,
    isCurrent: true,
  });
  await run(world, "context remove m1");
  expect((await run(world, "context show m1")).stdout).toContain("  not made");
  expect(await run(world, "context destroy m1")).toMatchObject({ code: 2, stdout: "" });
  expect((await run(world, "context use nobody")).code).toBe(3);
});

test("ports lists what containers publish, and says why a port is not answered", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  const [vm] = world.vms;
  const port = (hostPort: number) => ({
    protocol: "tcp" as const,
    hostAddress: "0.0.0.0",
    hostPort,
    guestPort: 61_000,
    containerAddress: "172.17.0.2",
    containerPort: 80,
  });
  world.ports.set(8081, "stranger");
  await world.clock.settle(vm?.publish([port(8080), port(8081)]) ?? Promise.reject(new Error("no VM")));
  const lines = (await run(world, "ports m1")).stdout.split("\n");
  expect(lines[0]).toBe("127.0.0.1:8080  tcp  172.17.0.2:80");
  expect(lines[1]).toContain("listen tcp 127.0.0.1:8081: address already in use");
  expect(await run(world, "ports --why 8080 m1")).toMatchObject({
    code: 0,
    stdout: "tcp 0.0.0.0:8080 of 172.17.0.2:80 is answered on 127.0.0.1:8080\n",
  });
  const why = await run(world, "ports --why 8081 m1");
  expect(why.code).toBe(1);
  expect(why.stdout).toContain("hint: End what has it, or publish another port.");
  expect((await run(world, "ports --why 9 m1")).stdout).toBe("no container of this machine publishes port 9\n");
  expect((await run(world, "ports --why many m1")).code).toBe(2);
});

test("settings of the docker client that can't be read keep no machine from starting, nor from being deleted", async () => {
  const { world } = await worldWithMachine();
  await world.host().files.makeDirectory("/home/user/.docker");
  world.disk.put("/home/user/.docker/config.json", "{ not JSON");
  const up = await run(world, "up m1");
  expect(up.code).toBe(0);
  expect(up.stderr).toContain("cannot read the docker client's settings in /home/user/.docker/config.json");
  expect((await run(world, "url m1")).code).toBe(0);
  const gone = await run(world, "delete --yes m1");
  expect(gone.code).toBe(0);
  expect(world.disk.text("/home/user/.docker/config.json")).toBe("{ not JSON");
});

test("who has DOCKER_HOST set is not told that the client goes to the machine", async () => {
  const { world } = await worldWithMachine("boot2docker");
  world.env["DOCKER_HOST"] = "tcp://192.0.2.1:2375";
  expect((await run(world, "context use")).stderr).toContain("DOCKER_HOST is set here");
  expect((await run(world, "up")).stderr).toContain('eval "$(boot2docker env)"');
});

test("events prints what the guest remembers, from a number on", async () => {
  const { world } = await worldWithMachine();
  const at = "2026-01-01T00:00:00.000Z";
  const event = (sequence: number) => ({ sequence, at, uptimeMs: 5, name: "phase.done", fields: { phase: "ssh" } });
  world.guest = { events: [event(1), event(2)] };
  await bringUp(world);
  expect((await run(world, "events m1")).stdout).toBe(
    `${at}     1 phase.done phase=ssh\n${at}     2 phase.done phase=ssh\n`,
  );
  expect((await run(world, "events --json --since 1 m1")).stdout).toBe(
    `${JSON.stringify({ formatVersion: 1, ...event(2) })}\n`,
  );
  expect((await run(world, "events --since many m1")).code).toBe(2);
  expect((await run(world, "events nobody")).code).toBe(3);
});
