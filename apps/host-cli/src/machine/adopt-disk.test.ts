import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { RecordedProgress } from "../testing/recorded-progress.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { diskFormat } from "./adopt-disk.ts";
import { listMachines } from "../machine-dir/machines.ts";
import { createMachine, type MachineRequest } from "./create.ts";

const bytes = (text: string, at = 0): Uint8Array => Buffer.concat([Buffer.alloc(at), Buffer.from(text, "latin1")]);

test.each([
  ["raw", bytes("\u0000\u0000")],
  ["qcow2", bytes("QFI\u00fb\u0000")],
  ["vmdk", bytes("KDMV\u0001")],
  ["descriptor", bytes("# Disk DescriptorFile\n")],
  ["vdi", bytes("\u007f\u0010\u00da\u00be", 0x40)],
  ["vhdx", bytes("vhdxfile")],
  ["vpc", bytes("conectix")],
])("a file of the format %s is known by its start", (format, start) => {
  expect(diskFormat(start)).toBe(format);
});

async function adopt(content: string, line: string, info?: object) {
  const world = new FakeWorld();
  await world.host().files.makeDirectory("/home/user");
  world.disk.put("/home/user/old.disk", content, { sparseBytes: 2 ** 31 });
  if (info !== undefined) {
    world.programs.set("/usr/bin/qemu-img", (args) => {
      if (args[0] === "info") return { code: 0, stdout: JSON.stringify(info), stderr: "" };
      world.disk.put(args.at(-1) ?? "", `made of ${args[2]}`, { sparseBytes: 2 ** 31 });
      return { code: 0, stdout: "", stderr: "" };
    });
  }
  const said = await runInWorld(world, line.split(" "));
  return { said, world, disk: world.disk.text("/root-dir/machines/old/data.raw") };
}

test("a raw disk is copied, and the machine has its size", async () => {
  const { said, world, disk } = await adopt("an old disk", "init old --disk ~/old.disk");
  expect(said).toMatchObject({ code: 0 });
  expect(disk).toBe("an old disk");
  expect(JSON.parse(world.disk.text("/root-dir/machines/old/machine.json") ?? "")).toMatchObject({ diskSize: "2g" });
  expect(await runInWorld(world, ["init", "old", "--disk", "/home/user/old.disk"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("is there already, with another --disk") as string,
  });
});

test("it grows to the size that was asked for, and becomes no smaller", async () => {
  const { world } = await adopt("x", "init old --disk ~/old.disk --disk-size 4g");
  expect(JSON.parse(world.disk.text("/root-dir/machines/old/machine.json") ?? "")).toMatchObject({ diskSize: "4g" });
  const { said, disk } = await adopt("x", "init old --disk ~/old.disk --disk-size 1g");
  expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining("disks only grow") as string });
  expect(disk).toBeUndefined();
});

test("other formats are read by qemu-img, when it is there and the file stands alone", async () => {
  expect((await adopt("KDMV", "init old --disk ~/old.disk", {})).disk).toBe("made of vmdk");
  expect((await adopt("KDMV", "init old --disk ~/old.disk")).said).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("qemu-img is needed") as string,
  });
  const part = await adopt("KDMV", "init old --disk ~/old.disk", { "backing-filename": "/etc/shadow" });
  expect(part.said).toMatchObject({ code: 2, stderr: expect.stringContaining("it goes on in /etc/shadow") as string });
  expect(part.disk).toBeUndefined();
  expect((await adopt("# Disk DescriptorFile", "init old --disk ~/old.disk", {})).said).toMatchObject({ code: 2 });
});

test("no file, and a disk that is there already, are refused", async () => {
  expect((await adopt("x", "init old --disk ~/none")).said).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("/home/user/none is no file") as string,
  });
  const { world } = await adopt("x", "init old --disk ~/none");
  world.disk.put("/root-dir/machines/old/data.raw", "all that is left");
  expect(await runInWorld(world, ["init", "old", "--disk", "/home/user/old.disk"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("there is a data disk already") as string,
  });
  expect(world.disk.text("/root-dir/machines/old/data.raw")).toBe("all that is left");
});

const size = { cpus: 2, memoryMiB: 2048, diskBytes: 2 ** 33 };
const old = "/home/user/old.disk";
const disk = "/root-dir/machines/old/data.raw";

async function worldWithDisk(): Promise<FakeWorld> {
  const world = new FakeWorld();
  await world.host().files.makeDirectory("/home/user");
  world.disk.put(old, "an old disk", { sparseBytes: 2 ** 31 });
  return world;
}

const create = (host: Host, wanted: MachineRequest) =>
  createMachine(host, "old", wanted, new RecordedProgress(), new AbortController().signal);

test("killed at any effect, the same again makes the machine, or says that the copy is there to be used", async () => {
  for (let effect = 0; ; effect += 1) {
    const world = await worldWithDisk();
    const death = Promise.withResolvers<boolean>();
    const mortal = world.host({ diesAfter: effect, onDeath: () => death.resolve(false) });
    const isDone = await Promise.race([
      create(mortal, { ...size, adopt: { path: old } }).then(() => true),
      death.promise,
    ]);
    if (!isDone && (await listMachines(world.host())).length === 0) {
      const again = await create(world.host(), { ...size, adopt: { path: old } }).then(
        () => "made",
        (error: unknown) => (error instanceof UserError ? error.code : "bug"),
      );
      if (again === "disk-present") await create(world.host(), size);
      else expect(again, `after effect ${effect}`).toBe("made");
    }
    expect(await listMachines(world.host())).toEqual(["old"]);
    expect(world.disk.text(disk), `after effect ${effect}`).toBe("an old disk");
    expect(world.disk.text(old)).toBe("an old disk");
    if (isDone) {
      expect(effect).toBeGreaterThan(20); // So many were tried.
      return;
    }
  }
}, 60_000);

test("what is no disk of a machine is not taken for one", async () => {
  const world = await worldWithDisk();
  world.disk.put(old, "notes", { sparseBytes: 100 });
  await expect(create(world.host(), { ...size, adopt: { path: old } })).rejects.toMatchObject({ code: "disk-format" });
  world.disk.put(old, `${"\0".repeat(0x8001)}CD001`, { sparseBytes: 2 ** 25 });
  await expect(create(world.host(), { ...size, adopt: { path: old } })).rejects.toMatchObject({ code: "disk-format" });
  expect(world.disk.names().filter((path) => path.startsWith(disk))).toEqual([]);
});

test("ports that another machine has are refused before anything is copied", async () => {
  const world = await worldWithDisk();
  const { dockerPort } = await createMachine(
    world.host(),
    "m1",
    size,
    new RecordedProgress(),
    new AbortController().signal,
  );
  const request = { ...size, dockerPort, adopt: { path: old } };
  await expect(create(world.host(), request)).rejects.toMatchObject({ code: "port-of-machine" });
  expect(world.disk.names().filter((path) => path.startsWith(disk))).toEqual([]);
});
