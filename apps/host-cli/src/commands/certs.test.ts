import { expect, test } from "vitest";
import type { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { machineDir } from "../machine-dir/dir.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));

test("a stopped machine has the certificates of this host, a running one also that of its engine", async () => {
  const { world } = await worldWithMachine();
  const stopped = await run(world, "certs m1 --json");
  expect(JSON.parse(stopped.stdout)).toMatchObject({ name: "m1", ca: { subject: "CA for CA-KEY" } });
  expect(stopped.stdout).not.toContain("server");
  await bringUp(world);
  expect((await run(world, "certs m1")).stdout).toContain("server   server certificate\n         for m1\n");
  world.vms[0]?.forwards.clear();
  expect((await run(world, "certs m1")).stderr).toContain("the engine shows none that its client takes: connect ECONN");
});

test("what is no certificate is named", async () => {
  const { world, dir } = await worldWithMachine();
  world.disk.put(dir.tlsCert, "-----BEGIN NOISE");
  expect(await run(world, "certs m1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${dir.tlsCert} holds no certificate`) as string,
  });
});

test("regenerate-certs makes the client's anew, and the engine's when it runs", async () => {
  const { world, dir } = await worldWithMachine();
  await run(world, "regenerate-certs m1 --ca"); // The world's own is a text and can sign nothing.
  const [ca, first] = [world.disk.text(dir.root.caCert), world.disk.text(dir.tlsCert)];
  await bringUp(world);
  expect(await run(world, "regenerate-certs m1")).toMatchObject({ code: 0, stdout: "" });
  expect(world.vms[0]?.history.at(-1)).toBe("certificate renewed");
  expect(world.disk.text(dir.tlsCert)).not.toBe(first);
  expect(world.disk.text(dir.root.caCert)).toBe(ca);
});

test("another CA is that of all machines, and the next up of each follows", async () => {
  const { world, dir } = await worldWithMachine();
  await bringUp(world);
  const before = world.disk.text(dir.root.caCert);
  await run(world, "regenerate-certs m1 --ca");
  expect(world.disk.text(dir.root.caCert)).not.toBe(before);
  expect(world.disk.text(dir.tlsCa)).toBe(world.disk.text(dir.root.caCert));
  world.disk.put(dir.tlsCa, "CA of yesterday");
  const renewals = () => world.vms[0]?.history.filter((entry) => entry === "certificate renewed").length;
  expect(renewals()).toBe(1);
  expect(await run(world, "up m1")).toMatchObject({ code: 0 });
  expect(renewals()).toBe(2);
  expect(world.disk.text(dir.tlsCa)).toBe(world.disk.text(dir.root.caCert));
});

test("all machines have another CA at once where all are named", async () => {
  const { world, dir } = await worldWithMachine();
  await run(world, "regenerate-certs m1 --ca");
  expect(await run(world, "init m2 --mount none")).toMatchObject({ code: 0 });
  const before = world.disk.text(dir.root.caCert);
  expect(await run(world, "regenerate-certs -f --all --ca")).toMatchObject({ code: 0, stdout: "" });
  const now = world.disk.text(dir.root.caCert);
  expect(now).not.toBe(before);
  expect([dir, machineDir(world.host(), "m2")].map(({ tlsCa }) => world.disk.text(tlsCa))).toEqual([now, now]);
});
