import { expect, test } from "vitest";
import { rootDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { probeArgv, probeFirmware, probeQemu, rejection } from "./qemu-accelerator.ts";

const binary = "/usr/bin/qemu-system-x86_64";
const never = new AbortController().signal;

async function worldWhere(probe: { code: number | null; stderr: string }) {
  const world = new FakeWorld();
  const runs: string[] = [];
  world.programs.set(binary, (args) => {
    runs.push(args.join(" "));
    return args.includes("--version")
      ? { code: 0, stdout: "QEMU emulator version 8.1.0", stderr: "" }
      : { stdout: "", ...probe };
  });
  world.disk.put(binary, "elf");
  await world.host().files.makeDirectory("/root-dir");
  const look = () => probeQemu(world.host(), rootDir(world.host()), binary, never);
  return { world, runs, look };
}

test("an accelerator that executed the firmware is taken", async () => {
  const { look } = await worldWhere({ code: 33, stderr: "" });
  expect(await look()).toEqual({ version: "8.1.0", binary, accelerator: "kvm", rejected: [] });
});

test("one that did not is rejected with QEMU's reason, and emulation is taken", async () => {
  const stderr = "qemu-system-x86_64: warning: host doesn't support pni\nqemu-system-x86_64: failed to set MSR 0x10a\n";
  const { look } = await worldWhere({ code: 134, stderr });
  expect(await look()).toMatchObject({
    accelerator: "tcg",
    rejected: [{ accelerator: "kvm", reason: "failed to set MSR 0x10a" }],
  });
});

test("what was found holds until QEMU changes or the host boots", async () => {
  const { world, runs, look } = await worldWhere({ code: 33, stderr: "" });
  await look();
  const first = runs.length;
  await look();
  expect(runs).toHaveLength(first);
  world.disk.put("/proc/sys/kernel/random/boot_id", "another boot\n");
  await look();
  expect(runs.length).toBeGreaterThan(first);
});

test("a lack of rights is told with the way to get them, and looked at again each time", async () => {
  const { runs, look } = await worldWhere({ code: 1, stderr: "Could not access KVM kernel module: Permission denied" });
  const { rejected } = await look();
  expect(rejected[0]?.reason).toContain("Permission denied (sudo adduser $USER kvm");
  const first = runs.length;
  await look();
  expect(runs.length).toBeGreaterThan(first);
});

test("a damaged memory of the last time is no error", async () => {
  const { world, look } = await worldWhere({ code: 33, stderr: "" });
  world.disk.put("/root-dir/accelerators.json", "{");
  expect(await look()).toMatchObject({ accelerator: "kvm" });
});

test("the firmware ends with instructions at the reset vector, 16 bytes below the end", () => {
  expect([...probeFirmware().slice(-16, -11)]).toEqual([0xb0, 0x10, 0xe6, 0xf4, 0xf4]);
});

test("the probe asks for the machine and the CPU that the VM will have", () => {
  expect(probeArgv("kvm", "/f")).toEqual(expect.arrayContaining(["q35,sata=off,usb=off,smbus=off,i8042=off", "host"]));
});

test("an end without a word is told by its code", () => {
  expect(rejection({ code: 1, stdout: "", stderr: "" })).toBe("ended with 1");
  expect(rejection({ code: null, stdout: "", stderr: "" })).toBe("ended with a signal");
});

test("the user's word is taken without a trial, and not remembered", async () => {
  const { world, runs, look } = await worldWhere({ code: 33, stderr: "" });
  world.env["BOOT2DOCKER_ACCELERATOR"] = "tcg";
  expect(await look()).toMatchObject({ accelerator: "tcg", version: "8.1.0", rejected: [] });
  expect(runs).toEqual(["--version"]);
  delete world.env["BOOT2DOCKER_ACCELERATOR"];
  expect(await look()).toMatchObject({ accelerator: "kvm" });
});

test("an accelerator that this system does not have is refused with those it has", async () => {
  const { world, look } = await worldWhere({ code: 33, stderr: "" });
  world.env["BOOT2DOCKER_ACCELERATOR"] = "hvf";
  await expect(look()).rejects.toMatchObject({
    code: "accelerator-unknown",
    hint: expect.stringContaining("kvm or tcg") as string,
    exitCode: 2,
  });
});
