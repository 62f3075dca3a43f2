import { expect, test } from "vitest";
import { directory, file, planTree, symlink } from "./tree.ts";

test("the order is that of the paths, parents first, whatever came first", () => {
  const entries = [file("/b/c", ""), file("/a-b", ""), file("/a/z", ""), directory("/b", 0o700)];
  const paths = planTree(entries).map(({ path }) => path);
  expect(paths).toEqual(["/a", "/a/z", "/a-b", "/b", "/b/c"]);
  expect(planTree(entries.toReversed()).map(({ path }) => path)).toEqual(paths);
});

test("a folder that is named keeps its mode", () => {
  expect(planTree([file("/b/c", ""), directory("/b", 0o700)])).toContainEqual(directory("/b", 0o700));
});

test("one path twice, and a file below a link, are told together", () => {
  const entries = [file("/a", ""), symlink("/a", "b"), symlink("/bin", "usr/bin"), file("/bin/x", "")];
  expect(() => planTree(entries)).toThrow(/\/a is there twice\n.*\/bin\/x lies below \/bin, a symlink/);
});
