import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { joinXz, parseXz } from "./xz-container.ts";

const xz = (content: Buffer, check = "crc32") =>
  execFileSync("xz", ["-c", "-T1", `--check=${check}`], { input: content });
const unxz = (file: Buffer) => execFileSync("xz", ["-dc"], { input: file, maxBuffer: 1 << 24 });

test("blocks of several streams become one stream that xz accepts", () => {
  const contents = [Buffer.from("first"), Buffer.alloc(300_000, "long"), Buffer.from("the last")];
  const joined = joinXz(contents.map((content) => parseXz(xz(content))));
  expect(unxz(joined)).toEqual(Buffer.concat(contents));
  expect(parseXz(joined).records.map(({ contentBytes }) => contentBytes)).toEqual([5, 300_000, 8]);
});

test("one stream stays as it is", () => {
  const file = xz(Buffer.from("alone"));
  expect(joinXz([parseXz(file)])).toEqual(file);
});

test("what is cut off, or no .xz file, is refused", () => {
  expect(() => parseXz(xz(Buffer.from("x")).subarray(0, -1))).toThrow("not a whole .xz file");
  expect(() => parseXz(Buffer.alloc(100))).toThrow("not a whole .xz file");
});

test("streams with different checks are not joined", () => {
  const parts = ["crc32", "crc64"].map((check) => parseXz(xz(Buffer.from("x"), check)));
  expect(() => joinXz(parts)).toThrow("different flags");
});
