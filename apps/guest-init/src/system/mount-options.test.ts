import { expect, it } from "vitest";
import { parseMountOptions } from "./mount-options.ts";

it.each([
  ["rw,noatime,discard", { flags: 1024, data: "rw,discard" }],
  ["nosuid,nodev,mode=755", { flags: 6, data: "mode=755" }],
  ["rec,shared", { flags: 16384 | (1 << 20), data: "" }],
  ["", { flags: 0, data: "" }],
])("%j", (options, parsed) => {
  expect(parseMountOptions(options)).toEqual(parsed);
});
