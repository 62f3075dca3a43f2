import { expect, it } from "vitest";
import { parseExtSuperblock } from "./ext4.ts";

/** As mkfs.ext4 writes it, as far as it is read. */
function superblock({
  label = "boot2docker-data",
  state = 1,
  incompatible = 0x2c2,
  magic = 0xef53,
  mountedAt = 0,
} = {}) {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer, 1024);
  view.setUint32(0x2c, mountedAt, true);
  view.setUint16(0x38, magic, true);
  view.setUint16(0x3a, state, true);
  view.setUint32(0x60, incompatible, true);
  bytes.set(new TextEncoder().encode(label), 1024 + 0x78);
  return bytes;
}

it("reads label, cleanness and whether it was ever mounted", () => {
  expect(parseExtSuperblock(superblock())).toEqual({ label: "boot2docker-data", isClean: true, wasMounted: false });
  expect(parseExtSuperblock(superblock({ mountedAt: 1_700_000_000 }))?.wasMounted).toBe(true);
});

it("takes a label of all sixteen bytes, and none", () => {
  expect(parseExtSuperblock(superblock({ label: "0123456789abcdef" }))?.label).toBe("0123456789abcdef");
  expect(parseExtSuperblock(superblock({ label: "" }))?.label).toBe("");
});

it.each([
  ["was not unmounted", { incompatible: 0x2c6 }],
  ["has known errors", { state: 3 }],
  ["was being mounted", { state: 0 }],
])("is not clean when it %s", (_, fields) => {
  expect(parseExtSuperblock(superblock(fields))?.isClean).toBe(false);
});

it("knows nothing of other disks or of too few bytes", () => {
  expect(parseExtSuperblock(superblock({ magic: 0 }))).toBeUndefined();
  expect(parseExtSuperblock(superblock().subarray(0, 1100))).toBeUndefined();
});
