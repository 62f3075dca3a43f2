import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const known = ["cpus", "memory", "disk-size", "folders"];

test.each([
  ["memroy", "memory"],
  ["Memory", "memory"],
  ["cpu", "cpus"],
  ["disksize", "disk-size"],
  ["folder", "folders"],
  ["publish", undefined],
  ["x", undefined],
  ["", undefined],
])("%s: %s", (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});
