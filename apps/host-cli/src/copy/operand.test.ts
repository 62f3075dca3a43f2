import { expect, test } from "vitest";
import { parseOperand } from "./operand.ts";

test.each([
  ["a path of the host", "a/b", { path: "a/b" }],
  ["a path of the default machine", ":/a", { machine: "boot2docker", path: "/a" }],
  ["the home of a machine", "work:", { machine: "work", path: "." }],
  ["the same in other words", "work:~", { machine: "work", path: "." }],
  ["below it", "work:~/a", { machine: "work", path: "a" }],
  ["a file that is called ~", "work:./~", { machine: "work", path: "./~" }],
  ["a user that is not there", "work:~root", { machine: "work", path: "~root" }],
  ["a colon in a path of the guest", "work:a:b\n", { machine: "work", path: "a:b\n" }],
  ["a colon behind a slash", "./a:b", { path: "./a:b" }],
  ["a colon behind what is no machine's name", "My notes: a", { path: "My notes: a" }],
  ["a drive and a backslash", String.raw`c:\a`, { path: String.raw`c:\a` }],
  ["a machine of one letter", "c:/a", { machine: "c", path: "/a" }],
])("%s", (_, text, operand) => {
  expect(parseOperand(text, false)).toEqual(operand);
});

test("on Windows one letter is a drive", () => {
  expect(parseOperand("c:/a", true)).toEqual({ path: "c:/a" });
  expect(parseOperand("cc:/a", true)).toEqual({ machine: "cc", path: "/a" });
});
