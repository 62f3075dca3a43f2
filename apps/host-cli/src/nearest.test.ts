import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const known = ["cpus", "memory", "disk-size", "folders", "list", "kill", "console", "ssh", "url"];

test.each([
  ["memroy", "memory"],
  ["Memory", "memory"],
  ["cpu", "cpus"],
  ["disksize", "disk-size"],
  ["folder", "folders"],
  ["lits", "list"],
  ["consle", "console"],
  ["pull", undefined],
  ["push", undefined],
  ["compose", undefined],
  ["run", undefined],
  ["publish", undefined],
  ["x", undefined],
  ["", undefined],
])("%s: %s", (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});
