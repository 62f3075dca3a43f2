import { expect, test } from "vitest";
import { isFileName, joinPath, parsePath } from "./path.ts";

test.each([
  ["a", "posix", { path: "a", name: "a", parent: ".", mustBeFolder: false }],
  ["a/b//", "posix", { path: "a/b", name: "b", parent: "a", mustBeFolder: true }],
  ["/a", "posix", { path: "/a", name: "a", parent: "/", mustBeFolder: false }],
  ["/", "posix", { path: "/", name: "", parent: "/", mustBeFolder: true }],
  [".", "posix", { path: ".", name: "", parent: ".", mustBeFolder: false }],
  ["a/..", "posix", { path: "a/..", name: "", parent: "a", mustBeFolder: false }],
  ["a:/", "posix", { path: "a:", name: "a:", parent: ".", mustBeFolder: true }],
  [String.raw`a\b`, "posix", { path: String.raw`a\b`, name: String.raw`a\b`, parent: ".", mustBeFolder: false }],
  [String.raw`C:\a\b`, "windows", { path: "C:/a/b", name: "b", parent: "C:/a", mustBeFolder: false }],
  ["C:\\", "windows", { path: "C:/", name: "", parent: "C:/", mustBeFolder: true }],
] as const)("%j on %s", (text, style, parsed) => {
  expect(parsePath(text, style)).toEqual(parsed);
});

test("what is in / has one slash", () => {
  expect([joinPath("/", "a"), joinPath("/a", "b")]).toEqual(["/a", "/a/b"]);
});

test.each(["", ".", "..", "../a", "/a", "a/b", "a\0"])("%j names nothing in a folder", (name) => {
  expect(isFileName(name, "posix")).toBe(false);
});

test.each([String.raw`..\a`, "C:", "a:b", "nul", "COM1.txt", "a.", "a ", "a\nb", 'a"b'])(
  "%j is a name, but not on Windows",
  (name) => {
    expect([isFileName(name, "posix"), isFileName(name, "windows")]).toEqual([true, false]);
  },
);

test.each(["a", " a", "-a", ".a", "...a", "console", "ünï"])("%j is a name everywhere", (name) => {
  expect([isFileName(name, "posix"), isFileName(name, "windows")]).toEqual([true, true]);
});
