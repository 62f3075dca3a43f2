import { FORMAT_REQUEST } from "@boot2docker/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { RecordedProgress } from "../testing/recorded-progress.ts";
import { machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { readMachineConfig } from "../machine-dir/config-file.ts";
import { listMachines } from "../machine-dir/machines.ts";
import { createMachine, type MachineRequest } from "./create.ts";
import { machineDir } from "../machine-dir/dir.ts";

const never = new AbortController().signal;
const request: MachineRequest = { cpus: 2, memoryMiB: 2048, diskBytes: 2 ** 33 };

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

function create(name: string, changes: Partial<MachineRequest> = {}) {
  return createMachine(world.host(), name, { ...request, ...changes }, new RecordedProgress(), never);
}

test("a machine has its settings, disk, keys and certificates when it is made", async () => {
  const config = await create("m1");
  const dir = machineDir(world.host(), "m1");
  expect(await readMachineConfig(world.host(), dir)).toEqual(config);
  expect(config).toMatchObject(request);
  const { caCert, caKey } = dir.root;
  for (const path of [caCert, caKey, dir.tlsCa, dir.tlsCert, dir.tlsKey, dir.sshKey, dir.dataDisk]) {
    expect(world.disk.names()).toContain(path);
  }
  expect(world.disk.text(dir.sshPublicKey)).toMatch(/^ssh-ed25519 \S+ boot2docker-m1\n$/);
  expect(world.disk.text(dir.sshKey)).toContain("OPENSSH PRIVATE KEY");
  expect(await listMachines(world.host())).toEqual(["m1"]);
});

test("machines have no port in common, also while none of them runs", async () => {
  const configs = [await create("m1"), await create("m2"), await create("m3")];
  const ports = configs.flatMap(({ dockerPort, sshPort }) => [dockerPort, sshPort]);
  expect(new Set(ports).size).toBe(6);
});

test("ports that the user gave are kept", async () => {
  expect(await create("m1", { dockerPort: 2376, sshPort: 2022 })).toMatchObject({ dockerPort: 2376, sshPort: 2022 });
});

test("a machine that is there is not made again", async () => {
  await create("m1");
  await expect(create("m1")).rejects.toMatchObject({ code: "machine-exists" });
});

test("a data disk that lost its machine is adopted as it is", async () => {
  const { world: used, dir } = await worldWithMachine();
  world = used;
  world.disk.put(dir.dataDisk, "images and volumes");
  for (const path of [dir.config, dir.root.caCert]) world.disk.entries.delete(path);
  expect(await create("m1")).toMatchObject({ diskBytes: 18 });
  expect(world.disk.text(dir.dataDisk)).toBe("images and volumes");
});

test("a machine whose settings are broken does not keep others from being made", async () => {
  await create("m1");
  world.disk.put(machineDir(world.host(), "m1").config, "{");
  await create("m2");
  expect(await listMachines(world.host())).toEqual(["m1", "m2"]);
});

test.each<[Partial<MachineRequest>, string]>([
  [{ memoryMiB: 100 }, "memory-too-small"],
  [{ memoryMiB: 64 * 1024 }, "host-memory"],
  [{ diskBytes: 1000 }, "disk-too-small"],
])("%j is refused as %s, and nothing is made", async (changes, code) => {
  await expect(create("m1", changes)).rejects.toMatchObject({ code });
  expect(await listMachines(world.host())).toEqual([]);
});

test("a full host disk is refused before anything is made", async () => {
  world.disk.freeBytes = 1000;
  await expect(create("m1")).rejects.toMatchObject({ code: "host-disk-full" });
  expect(world.disk.names().filter((name) => name.includes("m1"))).toEqual([]);
});

test("a link in the place of the machine's directory is refused", async () => {
  await world.host().files.makeDirectory("/root-dir/machines");
  world.disk.put("/root-dir/machines/m1", "/elsewhere", { kind: "symlink" });
  await expect(create("m1")).rejects.toMatchObject({ code: "machine-directory" });
});

test("killed at any effect, it leaves no half machine, and the next call makes it", async () => {
  for (let effect = 0; ; effect += 1) {
    world = new FakeWorld();
    const death = Promise.withResolvers<boolean>();
    const host = world.host({ diesAfter: effect, onDeath: () => death.resolve(false) });
    const made = createMachine(host, "m1", request, new RecordedProgress(), never).then(() => true);
    const isDone = await Promise.race([made, death.promise]);
    const listed = await listMachines(world.host());
    if (isDone) {
      expect(listed).toEqual(["m1"]);
      expect(effect).toBeGreaterThan(20); // So many were tried.
      return;
    }
    if (listed.length === 0) await create("m1");
    const dir = machineDir(world.host(), "m1");
    expect(await readMachineConfig(world.host(), dir)).toMatchObject({ cpus: machineConfig.cpus });
    expect(world.disk.text(dir.dataDisk), `after effect ${effect}`).toBe(FORMAT_REQUEST);
  }
}, 60_000);
