import { expect, test } from "vitest";
import { parseSize, renderSize, writeSize } from "./size.ts";

test.each([
  ["2048", 2048 * 2 ** 20],
  ["2g", 2 ** 31],
  ["2G", 2 ** 31],
  ["1.5GiB", 1.5 * 2 ** 30],
  ["512mb", 2 ** 29],
  ["1t", 2 ** 40],
  [" 64k ", 65_536],
  ["1000b", 1000],
])("%j is a size of %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "g", "-1", "2 gigs", "0x10", "1e3", "2gg", "2ib", "NaN"])("%j is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([
  [20 * 2 ** 30, "20 GiB", "20g"],
  [1536 * 2 ** 20, "1536 MiB", "1536m"],
  [2 ** 40, "1 TiB", "1t"],
  [1000, "1000 bytes", "1000b"],
  [0, "0 bytes", "0b"],
])("%d bytes are %s to people, and %s in files", (bytes, text, written) => {
  expect(renderSize(bytes)).toBe(text);
  expect(writeSize(bytes)).toBe(written);
  expect(parseSize(written)).toBe(bytes);
});
