import { describe, expect, test } from "vitest";
import { expandPattern, findClosure, type PackageFile } from "./closure.ts";
import type { ElfFile } from "./elf.ts";

const machine = 62;

interface World {
  /** Path → what its ELF header says; a string is the target of a symbolic link. */
  files: Record<string, Partial<ElfFile> | string | undefined>;
  roots: string[];
}

function closure({ files, roots }: World): string[] {
  const world = new Map(
    Object.entries(files).map(([path, what]): [string, PackageFile] => [
      path,
      { path, package: "p", source: path, ...(typeof what === "string" ? { target: what } : {}) },
    ]),
  );
  const found = findClosure({
    files: world,
    roots,
    libraryFolders: ["/usr/lib/triplet", "/usr/lib"],
    elfMachine: machine,
    readElf: ({ path }) => {
      const what = files[path];
      return typeof what === "object" ? { machine, needed: [], runpath: [], ...what } : undefined;
    },
    resolveLinks: (path) => path.replace(/^\/lib64\//, "/usr/lib64/"),
  });
  return found.map(({ path }) => path).toSorted();
}

describe("findClosure", () => {
  test("libraries of libraries come along, each once", () => {
    const files = {
      "/usr/bin/a": { needed: ["libb.so"] },
      "/usr/lib/libb.so": { needed: ["libc.so", "libb2.so"] },
      "/usr/lib/libb2.so": { needed: ["libc.so"] },
      "/usr/lib/triplet/libc.so": {},
      "/usr/lib/unused.so": {},
    };
    expect(closure({ files, roots: ["/usr/bin/a"] })).toEqual([
      "/usr/bin/a",
      "/usr/lib/libb.so",
      "/usr/lib/libb2.so",
      "/usr/lib/triplet/libc.so",
    ]);
  });

  test("a link comes with what it points to, through links of folders", () => {
    const files = {
      "/usr/bin/a": { interpreter: "/lib64/ld.so.2" },
      "/usr/lib64/ld.so.2": "../lib/triplet/ld.so.2",
      "/usr/lib/triplet/ld.so.2": {},
    };
    expect(closure({ files, roots: ["/usr/bin/a"] })).toHaveLength(3);
  });

  test("a program's own folder is looked into first", () => {
    const files = {
      "/usr/bin/a": { needed: ["libx.so"], runpath: ["$ORIGIN/../libexec"] },
      "/usr/libexec/libx.so": {},
      "/usr/lib/libx.so": {},
    };
    expect(closure({ files, roots: ["/usr/bin/a"] })).toContain("/usr/libexec/libx.so");
  });

  test("all that is missing is told at once, with who wants it", () => {
    const files = { "/usr/bin/a": { needed: ["libgone.so"] }, "/usr/bin/b": "nowhere" };
    expect(() => closure({ files, roots: ["/usr/bin/a", "/usr/bin/b"] })).toThrow(
      /libgone.so, wanted by \/usr\/bin\/a.*\n.*\/usr\/bin\/nowhere, wanted by \/usr\/bin\/b/,
    );
  });

  test("a library for another machine is refused", () => {
    expect(() => closure({ files: { "/usr/bin/a": { machine: 183 } }, roots: ["/usr/bin/a"] })).toThrow(
      "another machine",
    );
  });
});

describe("expandPattern", () => {
  const paths = ["/usr/bin/a", "/usr/bin/ab", "/usr/bin/a/b", "/etc/x/y/z"];
  test.each([
    ["/usr/bin/a", ["/usr/bin/a"]],
    ["/usr/bin/a*", ["/usr/bin/a", "/usr/bin/ab"]],
    ["/usr/bin/*b", ["/usr/bin/ab"]],
    ["/etc/x/", ["/etc/x/y/z"]],
  ])("%s", (pattern, expected) => {
    expect(expandPattern(pattern, paths)).toEqual(expected);
  });

  test("a pattern without a match is a mistake", () => {
    expect(() => expandPattern("/usr/bin/c", paths)).toThrow("/usr/bin/c: no such file");
  });
});
