import { expect, test } from "vitest";
import { isSameMajor } from "./locked-package.ts";

test.each([
  ["28.5.2+dfsg4-5", "28.6.0+dfsg1-1", true],
  ["28.5.2-1", "29.0.0-1", false],
  ["1:1.38.0-3", "2:1.39.0-1", true],
  ["5-1", "50-1", false],
  ["4~rc1-1", "4-1", true],
])("%s and %s: one major? %s", (one, other, expected) => {
  expect(isSameMajor(one, other)).toBe(expected);
});
