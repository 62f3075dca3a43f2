import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { distributionIds, isTooOld, qemuMissing } from "./qemu-install.ts";

test.each([
  ["ID=debian\n", "sudo apt-get install qemu-system-x86"],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', "sudo apt-get install qemu-system-x86"],
  ["NAME=Fedora\nID=fedora\n", "sudo dnf install qemu-system-x86-core"],
  ["ID=alpine\n", "sudo apk add qemu-system-x86_64"],
])("the hint for %j is %s", async (osRelease, command) => {
  const world = new FakeWorld();
  world.disk.put("/etc/os-release", osRelease);
  expect((await qemuMissing(world.host(), "qemu")).hint).toContain(command);
});

test("on macOS the hint is Homebrew's", async () => {
  const world = new FakeWorld();
  world.platform = "darwin";
  expect((await qemuMissing(world.host(), "qemu")).hint).toContain("brew install qemu");
});

test("an unknown distribution gets the names under which QEMU is packaged", async () => {
  expect((await qemuMissing(new FakeWorld().host(), "qemu")).hint).toContain("qemu-system-x86");
  expect(distributionIds("ID=\nID_LIKE='a b'\n")).toEqual(["a", "b"]);
});

test.each([
  ["7.1.9", true],
  ["6.2.0", true],
  ["7.2.0", false],
  ["7.2.22", false],
  ["10.0.2", false],
  ["unknown", false],
])("QEMU %s is too old: %s", (version, expected) => {
  expect(isTooOld(version)).toBe(expected);
});
