import { expect, test } from "vitest";
import { parseSize, renderSize } from "./size.ts";

test.each([
  ["2048", 2048 * 2 ** 20],
  ["2g", 2 ** 31],
  ["2G", 2 ** 31],
  ["1.5GiB", 1.5 * 2 ** 30],
  ["512mb", 2 ** 29],
  ["1t", 2 ** 40],
  [" 64k ", 65_536],
])("%j is a size of %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "g", "-1", "2 gigs", "0x10", "1e3", "2gg", "NaN"])("%j is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([
  [20 * 2 ** 30, "20 GiB"],
  [1536 * 2 ** 20, "1536 MiB"],
  [2 ** 40, "1 TiB"],
  [1000, "1000 bytes"],
])("%d bytes are written as %s", (bytes, text) => {
  expect(renderSize(bytes)).toBe(text);
});
