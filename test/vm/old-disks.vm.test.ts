import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostOf } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

/** Disks that the ancestors made are taken as they are; of a damaged one nothing more is lost. */
let box: Sandbox;
const mib = 2 ** 20;
const sector = 512;
const inGuest = (command: string) => box.ok("ssh", command);
const oldKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVzZXJzIG9sZCBrZXkgZnJvbSBhbiBvbGQgZGlzayEh old";

beforeEach(async () => {
  box = await makeSandbox();
  await box.ok("init", "--disk-size", "2g");
});
afterEach(async () => box[Symbol.asyncDispose]());

/** Files of the ancestors on an ext4 as their ISO made it. */
async function makeOldFileSystem(path: string, sizeMiB: number): Promise<void> {
  const tree = join(box.root, "tree");
  const own = join(tree, "var/lib/boot2docker");
  const volume = join(tree, "var/lib/docker/volumes/precious/_data");
  for (const folder of [own, volume]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(volume, "rows"), "kept\n");
  writeFileSync(
    join(own, "profile"),
    "EXTRA_ARGS='\n--label provider=virtualbox\n\n'\nCACERT=/var/lib/boot2docker/ca.pem\nDOCKER_TLS=auto\n",
  );
  await makeUserdata(join(own, "userdata.tar"));
  writeFileSync(path, "");
  truncateSync(path, sizeMiB * mib);
  await must("/sbin/mke2fs", ["-q", "-F", "-t", "ext4", "-i", "8192", "-L", "boot2docker-data", "-d", tree, path]);
}

/** As a client of docker-machine made it: its first entry asks for the formatting. */
async function makeUserdata(path: string): Promise<void> {
  const folder = join(box.root, "userdata");
  mkdirSync(join(folder, ".ssh"), { recursive: true });
  writeFileSync(join(folder, "boot2docker, please format-me"), "boot2docker, please format-me");
  for (const name of ["authorized_keys", "authorized_keys2"]) writeFileSync(join(folder, ".ssh", name), `${oldKey}\n`);
  const names = ["boot2docker, please format-me", ".ssh", ".ssh/authorized_keys", ".ssh/authorized_keys2"];
  await must("tar", ["-C", folder, "--format=ustar", "--no-recursion", "-cf", path, ...names]);
}

interface Partition {
  type: number;
  startMiB: number;
  sizeMiB: number;
}

/** A partition table of the PC, in the first sector. */
function writePartitions(path: string, partitions: readonly Partition[]): void {
  const table = Buffer.alloc(sector);
  partitions.forEach(({ type, startMiB, sizeMiB }, index) => {
    const at = 446 + 16 * index;
    table.writeUInt8(type, at + 4);
    table.writeUInt32LE((startMiB * mib) / sector, at + 8);
    table.writeUInt32LE((sizeMiB * mib) / sector, at + 12);
  });
  table.writeUInt16LE(0xaa55, 510);
  put(path, 0, table);
}

function put(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

test("a disk of docker-machine, adopted as the vmdk that it was, has its partition, swap, volumes, profile and keys", async () => {
  const disk = join(box.root, "disk");
  const [data, swap] = [join(box.root, "data"), join(box.root, "swap")];
  await makeOldFileSystem(data, 1024);
  writeFileSync(swap, "");
  truncateSync(swap, 512 * mib);
  await must("/sbin/mkswap", [swap]);
  writeFileSync(disk, "");
  truncateSync(disk, 2048 * mib);
  writePartitions(disk, [
    { type: 0x83, startMiB: 513, sizeMiB: 1024 },
    { type: 0x82, startMiB: 1, sizeMiB: 512 },
  ]);
  put(disk, 513 * mib, readFileSync(data));
  put(disk, mib, readFileSync(swap).subarray(0, mib));
  await must("qemu-img", ["convert", "-O", "vmdk", disk, `${disk}.vmdk`]);
  await box.ok("delete", "--yes", "boot2docker");
  await box.ok("init", "--disk", `${disk}.vmdk`);
  await box.ok("up");
  expect(await box.ok("status")).toBe("running");
  expect(await inGuest("awk '$2 == \"/mnt/data\" {print $1}' /proc/mounts; swapon --show=NAME --noheadings")).toMatch(
    /^\/dev\/vdb1\n(.*\n)*\/dev\/vdb2/,
  );
  expect(await box.dockerOk(["info", "--format", "{{json .Labels}}"])).toBe('["provider=virtualbox"]');
  expect(await inGuest("sudo cat /var/lib/docker/volumes/precious/_data/rows")).toBe("kept");
  expect(await inGuest("cat ~/.ssh/authorized_keys")).toContain(oldKey);
  // What is not ours is not asked for a check behind its partitions.
  expect((await box.cli("disk", "check")).stderr).toContain("it was not formatted by this boot2docker");
});

test("a disk that begins with a request is formatted, and its keys open the machine from then on", async () => {
  const disk = hostOf(box).dir.dataDisk;
  const userdata = join(box.root, "userdata.tar");
  await makeUserdata(userdata);
  put(disk, 0, readFileSync(userdata));
  await box.ok("up");
  expect(await box.ok("status")).toBe("running");
  await box.ok("restart");
  expect(await inGuest("cat ~/.ssh/authorized_keys; sudo head -c 29 /var/lib/boot2docker/userdata.tar")).toMatch(
    /old\n(.*\n)*boot2docker, please format-me$/,
  );
});

test("a disk that cannot be repaired: no Docker, but the reason, logs, and a root shell on the console", async () => {
  const disk = hostOf(box).dir.dataDisk;
  await makeOldFileSystem(disk, 1024);
  const debugfs = (request: string) => must("/sbin/debugfs", ["-w", "-R", request, disk]);
  // Two files that claim the same blocks: nobody knows whose they are.
  const stat = await must("/sbin/debugfs", ["-R", "stat /var/lib/boot2docker/userdata.tar", disk]);
  const block = /\(0-?\d*\):(\d+)/.exec(stat)?.[1] ?? "";
  await debugfs(`set_inode_field /var/lib/docker/volumes/precious/_data/rows flags 0`);
  await debugfs(`set_inode_field /var/lib/docker/volumes/precious/_data/rows block[0] ${block}`);
  await debugfs("set_super_value state 2");
  const up = await box.cli("up");
  expect(up.code).toBe(1);
  expect(up.stderr).toContain("the data disk is damaged beyond automatic repair; it is mounted read-only at /mnt/data");
  expect(await box.cli("status")).toMatchObject({ stdout: "degraded\n" });
  expect(await box.ok("logs", "guest-init")).toContain("data-disk-damaged");
  const { dir } = hostOf(box);
  const console = connect(dir.consoleSocket);
  let said = "";
  console.on("data", (bytes) => {
    said += bytes.toString();
  });
  console.write("\nid -u; cat /mnt/data/var/lib/boot2docker/profile; touch /mnt/data/x\n");
  await expect.poll(() => said, { timeout: 20_000 }).toMatch(/^0\r?$[^]*provider=virtualbox[^]*Read-only file system/m);
  console.destroy();
  // Nobody else of this host reaches it.
  expect(statSync(dir.path).mode & 0o777).toBe(0o700);
  await box.ok("down");
});
