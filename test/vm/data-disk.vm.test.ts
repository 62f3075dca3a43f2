import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";

/** One machine whose disk grows, fills up and is checked; its data are there to the end. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("init", "--disk-size", "9g");
  await box.ok("up");
  await box.dockerOk(["volume", "create", "kept"]);
  await box.dockerOk(["run", "--rm", "-v", "kept:/kept", image, "sh", "-c", "echo precious > /kept/file"]);
});
afterAll(async () => box[Symbol.asyncDispose]());

const image = "boot2docker/busybox";
const inGuest = (command: string) => box.ok("ssh", command);
const diskInfo = async () => JSON.parse(await box.ok("disk", "info", "--json")) as DiskInfo;
interface DiskInfo {
  sizeBytes: number;
  allocatedBytes: number;
  guest: { sizeBytes: number; freeBytes: number };
}
const gib = 2 ** 30;

async function precious(): Promise<string> {
  return box.dockerOk(["run", "--rm", "-v", "kept:/kept", image, "cat", "/kept/file"]);
}

test("the guest swaps to compressed memory first, then to a file on the disk", async () => {
  await expect.poll(() => inGuest("cat /proc/swaps"), { timeout: 60_000, interval: 1000 }).toContain("swapfile");
  const [, ...swaps] = (await inGuest("cat /proc/swaps")).split("\n").map((line) => line.split(/\s+/));
  expect(swaps.map(([name, , , , priority]) => [name, priority])).toEqual([
    ["/dev/zram0", "100"],
    ["/mnt/data/var/lib/boot2docker/swapfile", "10"],
  ]);
});

test("the disk of a running machine grows, and its file system with it", async () => {
  await box.ok("disk", "grow", "11g");
  const { sizeBytes, guest } = await diskInfo();
  expect(sizeBytes).toBe(11 * gib);
  expect(guest.sizeBytes).toBeGreaterThan(10.5 * gib);
  expect(await precious()).toBe("precious");
});

test("what is deleted in the guest goes back to the host", async () => {
  const write = "dd if=/dev/urandom of=/var/lib/docker/ballast bs=1M count=200 conv=fsync 2>/dev/null";
  await inGuest(`sudo sh -c '${write}'`);
  const full = (await diskInfo()).allocatedBytes;
  await inGuest("sudo rm /var/lib/docker/ballast && sync");
  expect(await box.ok("disk", "trim")).toMatch(/^\d+ MiB given back$/);
  expect((await diskInfo()).allocatedBytes).toBeLessThan(full - 150 * 2 ** 20);
});

test("a full disk: told, and the engine starts on it all the same", async () => {
  const free = (await diskInfo()).guest.freeBytes;
  await inGuest(`sudo busybox fallocate -l ${String(free - 2 ** 20)} /var/lib/docker/ballast`);
  await box.ok("restart");
  await expect
    .poll(async () => (await box.cli("status")).stdout.trim(), { timeout: 60_000, interval: 1000 })
    .toBe("degraded");
  expect((await box.cli("status")).stderr).toMatch(
    /the data disk is full: \d+ of \d+ MiB are free\n.*docker system prune/,
  );
  expect(await precious()).toBe("precious");
  await inGuest("sudo rm -f /var/lib/docker/ballast");
  await expect
    .poll(async () => (await box.cli("status")).stdout.trim(), { timeout: 60_000, interval: 1000 })
    .toBe("running");
});

test("a check says that the disk is good, and grows what grew while the machine was off", async () => {
  await box.ok("down");
  await box.ok("disk", "grow", "12g");
  expect((await box.cli("disk", "check")).stdout).toBe("good\n");
  await expect
    .poll(async () => (await diskInfo()).guest.sizeBytes, { timeout: 60_000, interval: 1000 })
    .toBeGreaterThan(11.5 * gib);
  expect(await precious()).toBe("precious");
});
