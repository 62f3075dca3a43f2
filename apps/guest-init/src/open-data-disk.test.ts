import { beforeEach, describe, expect, it } from "vitest";
import { CHECK_REQUEST, FORMAT_REQUEST, type GuestConfig, REQUEST_BYTES } from "@boot2docker/protocol";
import { openDataDisk } from "./open-data-disk.ts";
import { defaultConfig } from "./config.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const SIZE = 2 * 1024 * 1024;
const MKFS = "run /usr/sbin/mkfs.ext4 -q -F -i 8192 -L boot2docker-data";
const allows: GuestConfig = { ...defaultConfig, dataDisk: { serial: "b2d-data", formatIfBlank: true } };

let system: FakeSystem;
let hostWasAsked: boolean;

const open = (config: GuestConfig | null | undefined, later: GuestConfig | null = null) =>
  openDataDisk(
    {
      system,
      config,
      askHost: async () => {
        hostWasAsked = true;
        return later;
      },
      report: () => undefined,
    },
    never,
  );

function attach(content: Uint8Array): void {
  system.content.set("/sys/block/vda/serial", "b2d-data\n");
  system.content.set("/sys/block/vda/size", `${SIZE / 512}\n`);
  system.content.set("/dev/vda", content);
}

function ext4({ isClean = true, label = "boot2docker-data" } = {}): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer, 1024);
  view.setUint32(0x2c, 1_700_000_000, true);
  view.setUint16(0x38, 0xef53, true);
  view.setUint16(0x3a, isClean ? 1 : 0, true);
  bytes.set(new TextEncoder().encode(label), 1024 + 0x78);
  return bytes;
}

/** What was done to disks. */
const deeds = (): string[] => system.history.filter((entry) => !entry.startsWith("run /usr/sbin/blkid"));

beforeEach(() => {
  system = new FakeSystem();
  system.programs.set("/usr/sbin/blkid", { code: 2, stdout: "", stderr: "" });
  hostWasAsked = false;
});

describe("openDataDisk", () => {
  it("checks in full what was asked to be, and takes the request away afterwards", async () => {
    const content = ext4();
    content.set(new TextEncoder().encode(CHECK_REQUEST), SIZE - REQUEST_BYTES);
    attach(content);
    await open(undefined);
    expect(deeds()).toEqual([
      "run /usr/sbin/e2fsck -f -p /dev/vda",
      `overwrite /dev/vda at ${SIZE - REQUEST_BYTES}`,
      "mount /dev/vda /mnt/data ext4 rw,noatime,discard,nodelalloc,errors=remount-ro",
    ]);
    expect(content.subarray(SIZE - REQUEST_BYTES).some((byte) => byte !== 0)).toBe(false);
  });

  it("mounts a clean disk of ours at once, without check and without the host", async () => {
    attach(ext4());
    expect(await open(undefined)).toEqual({ device: "/dev/vda", mountPoint: "/mnt/data", readOnly: false });
    expect(deeds()).toEqual(["mount /dev/vda /mnt/data ext4 rw,noatime,discard,nodelalloc,errors=remount-ro"]);
    expect(hostWasAsked).toBe(false);
  });

  it("has an unclean disk repaired before it is mounted", async () => {
    attach(ext4({ isClean: false }));
    system.programs.set("/usr/sbin/e2fsck", { code: 1, stdout: "recovering journal", stderr: "" });
    await open(allows);
    expect(deeds()).toEqual([
      "run /usr/sbin/e2fsck -p /dev/vda",
      "mount /dev/vda /mnt/data ext4 rw,noatime,discard,nodelalloc,errors=remount-ro",
    ]);
  });

  it.each([4, 8, null])("mounts a disk read-only that e2fsck leaves with code %s", async (code) => {
    attach(ext4({ isClean: false }));
    system.programs.set("/usr/sbin/e2fsck", { code, stdout: "", stderr: "" });
    expect(await open(allows)).toMatchObject({ readOnly: true });
    expect(deeds().at(-1)).toBe("mount /dev/vda /mnt/data ext4 ro,noatime,discard,nodelalloc,errors=remount-ro");
  });

  it("formats a blank disk, but only after the host said so", async () => {
    attach(new Uint8Array(SIZE));
    await open(undefined, allows);
    expect(hostWasAsked).toBe(true);
    expect(deeds()).toEqual([
      `overwrite /dev/vda at ${SIZE - 4096}`,
      expect.stringContaining(MKFS),
      `overwrite /dev/vda at ${SIZE - 4096}`,
      "mount /dev/vda /mnt/data ext4 rw,noatime,discard,nodelalloc,errors=remount-ro",
    ]);
  });

  it("does not touch a blank disk when the host says nothing", async () => {
    attach(new Uint8Array(SIZE));
    await expect(open(undefined, null)).rejects.toMatchObject({ reason: { code: "data-disk-unclaimed" } });
    expect(deeds()).toEqual([]);
  });

  it("does not touch a foreign disk", async () => {
    attach(ext4({ label: "photos" }));
    await expect(open(allows)).rejects.toMatchObject({ reason: { code: "data-disk-foreign" } });
    expect(deeds()).toEqual([]);
  });

  it.each([0, SIZE - 4096])(
    "formats a disk that asks for it at %i, and keeps the archive that came with it",
    async (at) => {
      const bytes = new Uint8Array(SIZE);
      bytes.set(new TextEncoder().encode(FORMAT_REQUEST), at);
      bytes[at + 4095] = 7;
      attach(bytes);
      const request = bytes.slice(at, at + 4096);
      await open(null);
      expect(deeds()).toContainEqual(expect.stringContaining(MKFS));
      expect(deeds().at(-1)).toBe("write /mnt/data/var/lib/boot2docker/userdata.tar 600 durable");
      expect(system.content.get("/mnt/data/var/lib/boot2docker/userdata.tar")).toEqual(request);
      expect(bytes.slice(SIZE - 4096)).toEqual(new Uint8Array(4096));
    },
  );

  it("writes no archive when the request came alone", async () => {
    const bytes = new Uint8Array(SIZE);
    bytes.set(new TextEncoder().encode(FORMAT_REQUEST));
    attach(bytes);
    await open(null);
    expect(deeds().at(-1)).toMatch(/^mount/);
  });

  it("says so when mkfs fails, mounts nothing, and formats at the next boot", async () => {
    attach(new Uint8Array(SIZE));
    system.programs.set("/usr/sbin/mkfs.ext4", { code: 1, stdout: "", stderr: "no space" });
    await expect(open(allows)).rejects.toThrow("mkfs.ext4 /dev/vda ended with code 1: no space");
    expect(deeds().at(-1)).toContain(MKFS);
    system.programs.delete("/usr/sbin/mkfs.ext4");
    expect(await open(null)).toMatchObject({ readOnly: false });
  });

  it("goes on in memory when there is neither disk nor host", async () => {
    expect(await open(null)).toBeUndefined();
    expect(deeds()).toEqual(["mount tmpfs /mnt/data tmpfs nodev,mode=755"]);
    expect(await open(null)).toBeUndefined();
    expect(deeds()).toHaveLength(1);
  });

  it("leaves a disk alone that an earlier guest-init mounted", async () => {
    system.content.set("/proc/self/mountinfo", "30 1 254:0 / /mnt/data ro,noatime - ext4 /dev/vda rw\n");
    expect(await open(allows)).toEqual({ device: "/dev/vda", mountPoint: "/mnt/data", readOnly: true });
    expect(system.history).toEqual([]);
  });
});
