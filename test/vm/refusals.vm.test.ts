import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { imageFolder, makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

/** Bad input gets one clear error, and loses nothing. */
let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(async () => box[Symbol.asyncDispose]());

const machineFolder = () => join(box.root, ".boot2docker", "machines", "boot2docker");

/** The one error that a user sees: what failed, a hint, and no stack. */
async function refusal(args: string[], exitCode: number): Promise<string> {
  const ran = await box.cli(...args);
  expect(ran).toMatchObject({ code: exitCode, stdout: "" });
  expect(ran.stderr).toMatch(/^boot2docker: /m);
  expect(ran.stderr).toMatch(/^hint: /m);
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  return ran.stderr;
}

/** Disks that are somebody's, though a careless look finds nothing on them. */
const foreignDisks = {
  "an ext4 of somebody else": async (disk: string) => {
    await must("/sbin/mke2fs", ["-q", "-F", "-t", "ext4", "-L", "photos", disk]);
  },
  "a database in the middle of the disk, with blank ends": async (disk: string) => {
    const file = openSync(disk, "r+");
    writeSync(file, Buffer.from("precious rows"), 0, 13, 1_500_000_000);
  },
} as const;

for (const [what, make] of Object.entries(foreignDisks)) {
  test(`a foreign disk (${what}): refused, byte for byte unchanged`, async () => {
    await box.ok("init", "--disk-size", "2g");
    const disk = join(machineFolder(), "data.raw");
    truncateSync(disk, 0);
    truncateSync(disk, 2 ** 31);
    await make(disk);
    const before = await sha256(disk);
    expect(await refusal(["up"], 1)).toMatch(/no data disk: .*vdb/);
    await box.ok("down");
    expect(await sha256(disk)).toBe(before);
  });
}

test("no QEMU on the host: the package to install is named", async () => {
  box.env["PATH"] = join(box.root, "empty");
  expect(await refusal(["up"], 1)).toMatch(/qemu/i);
});

test("a name that is none is a usage error", async () => {
  for (const name of ["../evil", "UPPER", "a".repeat(70), "-dash"]) {
    expect((await box.cli("up", "--", name)).code).toBe(2);
  }
});

test("too little memory and too little disk: both said at once", async () => {
  const said = await refusal(["init", "--memory", "64", "--disk-size", "1m"], 2);
  expect(said).toMatch(/memory/i);
  expect(said).toMatch(/disk/i);
});

test("an unreadable configuration: named with its problem, and left as it is", async () => {
  await box.ok("init");
  const file = join(machineFolder(), "machine.json");
  writeFileSync(file, '{"cpus": "many"');
  expect(await refusal(["up"], 2)).toContain("machine.json");
  expect(readFileSync(file, "utf8")).toBe('{"cpus": "many"');
});

test("a damaged or foreign file of the image: named, and not used", async () => {
  const folder = copyImage();
  const { stream } = readManifest(folder).files.root;
  const file = openSync(join(folder, stream.name), "r+");
  writeSync(file, Buffer.from("damage"), 0, 6, 1_000_000);
  expect(await refusal(["up"], 1)).toContain(stream.name);

  writeFileSync(join(folder, "manifest.json"), '{"formatVersion": 99}');
  expect(await refusal(["up"], 1)).toContain("manifest.json");
});

test("a kernel that panics while it starts: told as that, at once", async () => {
  const folder = copyImage();
  const manifest = readManifest(folder);
  const nothing = Buffer.alloc(4096);
  writeFileSync(join(folder, manifest.files.initrd.name), nothing);
  manifest.files.initrd.sizeBytes = nothing.length;
  manifest.files.initrd.sha256 = createHash("sha256").update(nothing).digest("hex");
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  expect(await refusal(["up"], 1)).toMatch(/kernel panicked/);
  await box.ok("down", "--force");
});

interface Manifest {
  files: { initrd: { name: string; sizeBytes: number; sha256: string }; root: { stream: { name: string } } };
}

/** The image that `up` takes from now on, to be spoiled. */
function copyImage(): string {
  const folder = join(box.root, "image");
  const { stream } = readManifest(imageFolder).files.root;
  mkdirSync(folder);
  for (const name of ["manifest.json", "vmlinuz", "initrd.img", stream.name]) {
    copyFileSync(join(imageFolder, name), join(folder, name));
  }
  box.env["BOOT2DOCKER_IMAGE_DIR"] = folder;
  return folder;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
