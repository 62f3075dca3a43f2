import { FORMAT_REQUEST } from "@boot2docker/protocol";
import { describe, expect, it } from "vitest";
import { probeDisks } from "./block-devices.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const MIB = 1024 * 1024;
const SIZE = 4 * MIB;
const never = new AbortController().signal;
const nothingFound = { code: 2, stdout: "", stderr: "" };

function systemWith(content: Uint8Array, { name = "vdb", serial = "b2d-data\n", readOnly = "0\n" } = {}): FakeSystem {
  const system = new FakeSystem();
  system.content.set(`/sys/block/${name}/serial`, serial);
  system.content.set(`/sys/block/${name}/size`, `${SIZE / 512}\n`);
  system.content.set(`/sys/block/${name}/ro`, readOnly);
  system.content.set(`/dev/${name}`, content);
  system.programs.set("/usr/sbin/blkid", nothingFound);
  return system;
}

const withByte = (offset: number): Uint8Array => new Uint8Array(SIZE).fill(1, offset, offset + 1);

function withRequestAtEnd(start: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  bytes.set(start);
  bytes.set(new TextEncoder().encode(FORMAT_REQUEST), SIZE - 4096);
  return bytes;
}

function ext4(label: string, mountedAt: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer, 1024);
  view.setUint16(0x38, 0xef53, true);
  view.setUint32(0x2c, mountedAt, true);
  bytes.set(new TextEncoder().encode(label), 1024 + 0x78);
  return bytes;
}

describe("probeDisks", () => {
  it("calls a disk blank when both ends are zero and blkid finds nothing", async () => {
    const [disk] = await probeDisks(systemWith(new Uint8Array(SIZE)), never);
    expect(disk).toMatchObject({ device: "/dev/vdb", serial: "b2d-data", content: { kind: "blank" } });
  });

  it.each([
    ["a byte in its first MiB", MIB - 1, "its first MiB is not zero"],
    ["a byte in its last MiB", SIZE - 1, "its last MiB is not zero"],
  ])("does not call a disk blank that has %s, which blkid does not see", async (_, offset, what) => {
    const [disk] = await probeDisks(systemWith(withByte(offset)), never);
    expect(disk?.content).toEqual({ kind: "other", what });
  });

  it("does not call a disk blank on which blkid finds something between the ends", async () => {
    const system = systemWith(new Uint8Array(SIZE));
    system.programs.set("/usr/sbin/blkid", { code: 0, stdout: "TYPE=zfs_member\n", stderr: "" });
    const [disk] = await probeDisks(system, never);
    expect(disk?.content).toEqual({ kind: "other", what: "TYPE=zfs_member" });
  });

  it.each([
    ["blkid fails", { code: 4, stdout: "", stderr: "usage" }],
    ["blkid is killed", { code: null, stdout: "", stderr: "" }],
    ["blkid is ambivalent", { code: 8, stdout: "", stderr: "" }],
  ])("does not call a disk blank when %s", async (_, result) => {
    const system = systemWith(new Uint8Array(SIZE));
    system.programs.set("/usr/sbin/blkid", result);
    const [disk] = await probeDisks(system, never);
    expect(disk?.content.kind).toBe("unknown");
  });

  it("does not call a disk blank that cannot be read", async () => {
    const system = systemWith(new Uint8Array(SIZE));
    system.content.delete("/dev/vdb");
    const [disk] = await probeDisks(system, never);
    expect(disk?.content).toMatchObject({ kind: "unknown" });
  });

  it("sees the request to format", async () => {
    const bytes = new Uint8Array(SIZE);
    bytes.set(new TextEncoder().encode(FORMAT_REQUEST));
    const [disk] = await probeDisks(systemWith(bytes), never);
    expect(disk?.content).toEqual({ kind: "magic", at: "start" });
  });

  it.each([
    ["nothing but zeros", new Uint8Array()],
    ["part of a file system", new Uint8Array(8192).fill(1, 4096)],
    ["a file system of ours that was never mounted", ext4("boot2docker-data", 0)],
  ])("sees that a formatting was cut short that left %s", async (_, start) => {
    const [disk] = await probeDisks(systemWith(withRequestAtEnd(start)), never);
    expect(disk?.content).toEqual({ kind: "magic", at: "end" });
  });

  it("does not take them for a request on a disk that somebody else has begun to use", async () => {
    const [disk] = await probeDisks(systemWith(withRequestAtEnd(new TextEncoder().encode("XFSB"))), never);
    expect(disk?.content.kind).toBe("other");
  });

  it.each([
    ["a disk of ours that was in use", ext4("boot2docker-data", 1)],
    ["somebody else's file system", ext4("photos", 0)],
  ])("takes the same bytes at the end of %s for content", async (_, start) => {
    const [disk] = await probeDisks(systemWith(withRequestAtEnd(start)), never);
    expect(disk?.content.kind).toBe("ext");
  });

  it("says that a foreign disk has a partition table", async () => {
    const bytes = new Uint8Array(SIZE);
    bytes.set([0x55, 0xaa], 510);
    const [disk] = await probeDisks(systemWith(bytes), never);
    expect(disk?.content).toEqual({ kind: "other", what: "it has a partition table" });
  });

  it("looks into the partitions of an NVMe disk, whose serial number is elsewhere", async () => {
    const system = systemWith(new Uint8Array(SIZE), { name: "nvme0n1", serial: "" });
    system.content.set("/sys/block/nvme0n1/device/serial", "S123 \n");
    system.content.set("/sys/block/nvme0n1/nvme0n1p1/size", "8\n");
    system.content.set("/dev/nvme0n1p1", new Uint8Array(4096));
    const [disk] = await probeDisks(system, never);
    expect(disk).toMatchObject({ serial: "S123", partitions: [{ device: "/dev/nvme0n1p1" }] });
  });

  it.each([
    ["the root", { serial: "b2d-root\n" }],
    ["read-only", { readOnly: "1\n" }],
    ["an optical drive", { name: "sr0" }],
    ["compressed memory", { name: "zram0" }],
  ])("leaves out what is %s", async (_, facts) => {
    expect(await probeDisks(systemWith(new Uint8Array(SIZE), facts), never)).toEqual([]);
  });
});
