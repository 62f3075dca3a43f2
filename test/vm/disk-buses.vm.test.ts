import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { wrapQemu } from "../harness/qemu-wrapper.ts";

/** A data disk is found by what is on it, whatever hypervisor attaches it, and under whatever name. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
  await box.dockerOk(["volume", "create", "kept"]);
  await box.ok("down");
});
afterAll(async () => box[Symbol.asyncDispose]());

test.each([
  ["NVMe", "nvme,serial=b2d-data,drive=data", "/dev/nvme0n1"],
  ["SCSI", "virtio-scsi-pci,id=scsi0 -device scsi-hd,bus=scsi0.0,serial=b2d-data,drive=data", "/dev/sda"],
  ["SATA", "ich9-ahci,id=ahci0 -device ide-hd,bus=ahci0.0,serial=b2d-data,drive=data", "/dev/sda"],
])("a disk on %s has its data", async (_, device, name) => {
  wrapQemu(
    box,
    `for index in "\${!arguments[@]}"; do
  case \${arguments[index]} in virtio-blk-pci,drive=data,*) at=$index ;; esac
done
arguments=("\${arguments[@]:0:at}" ${device} "\${arguments[@]:at+1}")`,
  );
  await box.ok("up");
  expect(await box.ok("ssh", "awk '$2 == \"/mnt/data\" {print $1}' /proc/mounts")).toBe(name);
  expect(await box.dockerOk(["volume", "ls", "-q"])).toBe("kept");
  await box.ok("down");
});
