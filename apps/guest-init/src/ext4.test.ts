import { expect, it } from "vitest";
import { parseExtSuperblock } from "./ext4.ts";
import { extSuperblock } from "./testing/ext-superblock.ts";

it("reads label, cleanness and whether it was ever mounted", () => {
  expect(parseExtSuperblock(extSuperblock())).toMatchObject({
    label: "boot2docker-data",
    isClean: true,
    wasMounted: false,
  });
  expect(parseExtSuperblock(extSuperblock({ mountedAt: 1_700_000_000 }))?.wasMounted).toBe(true);
});

it("reads the size, of more than 2^32 blocks only where the file system can have them", () => {
  const size = (fields: object) =>
    parseExtSuperblock(extSuperblock({ blocks: 3, blocksHigh: 1, ...fields }))?.fileSystemBytes;
  expect(size({})).toBe((2 ** 32 + 3) * 4096);
  expect(size({ incompatible: 0x242 })).toBe(3 * 4096);
});

it("takes a label of all sixteen bytes, and none", () => {
  expect(parseExtSuperblock(extSuperblock({ label: "0123456789abcdef" }))?.label).toBe("0123456789abcdef");
  expect(parseExtSuperblock(extSuperblock({ label: "" }))?.label).toBe("");
});

it.each([
  ["was not unmounted", { incompatible: 0x2c6 }],
  ["has known errors", { state: 3 }],
  ["was being mounted", { state: 0 }],
])("is not clean when it %s", (_, fields) => {
  expect(parseExtSuperblock(extSuperblock(fields))?.isClean).toBe(false);
});

it("knows nothing of other disks or of too few bytes", () => {
  expect(parseExtSuperblock(extSuperblock({ magic: 0 }))).toBeUndefined();
  expect(parseExtSuperblock(extSuperblock().subarray(0, 2047))).toBeUndefined();
});
