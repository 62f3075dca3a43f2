import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostTree } from "../host/host-tree.ts";
import { copy } from "./copy.ts";
import type { FileTree, OpenFile, TreeFacts } from "./file-tree.ts";
import { parsePath } from "./path.ts";

/** From one folder of this host to another: a guest's files come and go by the same interface. */
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "b2d-copy-"));
  mkdirSync(at("from"));
  mkdirSync(at("to"));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);
const never = new AbortController().signal;
type Progress = Parameters<typeof copy>[2]["onProgress"];
const placed = (path: string, tree = hostTree) => ({ tree, path: parsePath(`${root}/${path}`, "posix") });

function run(
  from: string,
  to: string,
  {
    tree = hostTree,
    signal = never,
    onProgress,
  }: { tree?: FileTree; signal?: AbortSignal; onProgress?: Progress } = {},
) {
  return copy([placed(from, tree)], placed(to), { id: "id", onProgress: onProgress ?? (() => undefined) }, signal);
}

test("a tree arrives as it was: names, modes, times, links; privileges do not", async () => {
  const names = ["-a", "a b", `'"$(x)\`\\`, "new\nline", "ünï→", ".hidden", "n".repeat(255)];
  for (const name of names) writeFileSync(at(`from/${name}`), name);
  mkdirSync(at("from/closed/deep"), { recursive: true });
  writeFileSync(at("from/closed/deep/f"), "");
  chmodSync(at("from/-a"), 0o4751);
  symlinkSync("../nowhere", at("from/link"));
  const time = new Date("2001-02-03T04:05:06Z");
  for (const name of ["-a", "closed/deep/f", "closed/deep", "closed"]) utimesSync(at(`from/${name}`), time, time);
  chmodSync(at("from/closed"), 0o555);

  expect(await run("from", "to")).toMatchObject({ files: names.length + 2, leftOut: [] });

  expect(readdirSync(at("to"))).toEqual(["from"]);
  expect(readdirSync(at("to/from")).sort()).toEqual([...names, "closed", "link"].sort());
  for (const name of names) expect(readFileSync(at(`to/from/${name}`), "utf8")).toBe(name);
  expect(lstatSync(at("to/from/-a")).mode & 0o7777).toBe(0o751);
  expect(lstatSync(at("to/from/closed")).mode & 0o7777).toBe(0o555);
  expect(readlinkSync(at("to/from/link"))).toBe("../nowhere");
  for (const name of ["-a", "closed/deep/f", "closed/deep", "closed"]) {
    expect(lstatSync(at(`to/from/${name}`)).mtime, name).toEqual(time);
  }
  for (const folder of ["from", "to/from"]) chmodSync(at(`${folder}/closed`), 0o755);
});

test("a large file, in pieces, is the same", async () => {
  const bytes = Buffer.alloc(3_000_001, "0123456789abcdef-");
  writeFileSync(at("from/big"), bytes);
  let last = 0;
  await run("from/big", "to/big", { onProgress: (done) => void (last = done) });
  expect(readFileSync(at("to/big")).equals(bytes)).toBe(true);
  expect(last).toBe(bytes.byteLength);
});

test("a folder that is there keeps what it has and its mode; files and links in the way are replaced, not followed", async () => {
  mkdirSync(at("to/from"), { mode: 0o700 });
  writeFileSync(at("to/from/kept"), "kept");
  writeFileSync(at("outside"), "outside");
  symlinkSync(at("outside"), at("to/from/a"));
  writeFileSync(at("from/a"), "new");
  await run("from", "to");
  expect(readFileSync(at("outside"), "utf8")).toBe("outside");
  expect(readFileSync(at("to/from/a"), "utf8")).toBe("new");
  expect(readFileSync(at("to/from/kept"), "utf8")).toBe("kept");
  expect(lstatSync(at("to/from")).mode & 0o777).toBe(0o700);
});

test.each([
  ["a folder where a file is", "file", "folder"],
  ["a folder where a link to a folder is", "link", "folder"],
  ["a file where a folder is", "folder", "file"],
])("%s is refused before anything is written", async (_, there, comes) => {
  const make = { file: (path: string) => writeFileSync(path, "x"), folder: (path: string) => mkdirSync(path) };
  const link = (path: string): void => symlinkSync(at("from"), path);
  mkdirSync(at("to/from"));
  ({ ...make, link })[there as "file" | "folder" | "link"](at("to/from/x"));
  make[comes as "file" | "folder"](at("from/x"));
  writeFileSync(at("from/other"), "");
  await expect(run("from", "to")).rejects.toThrow(`${at("to/from/x")} on this host is there, and is`);
  expect(readdirSync(at("to/from"))).toEqual(["x"]);
});

/** What a guest may say of its files. */
function lying(listed: Record<string, { name: string; kind: TreeFacts["kind"] }[]>): FileTree {
  const facts = (kind: TreeFacts["kind"]) => ({ kind, sizeBytes: 4, mode: 0o644, modifiedAt: new Date(0) });
  const text = new TextEncoder().encode("evil");
  const file: OpenFile = {
    async read(buffer, start) {
      if (start > 0) return 0;
      buffer.set(text);
      return text.byteLength;
    },
    write: () => Promise.reject(new Error("only read")),
    finish: () => Promise.reject(new Error("only read")),
    close: async () => undefined,
  };
  return {
    ...hostTree,
    machine: "m1",
    facts: async () => facts("directory"),
    list: async (folder) =>
      (listed[folder.slice(root.length + 1)] ?? []).map(({ name, kind }) => ({ name, facts: facts(kind) })),
    readLink: async () => at("outside"),
    open: async () => file,
  };
}

test.each(["../escaped", "..", "/tmp/escaped", "a/../../escaped"])(
  "a guest's file called %j is refused",
  async (name) => {
    const guest = lying({ x: [{ name, kind: "file" }] });
    await expect(run("x", "to", { tree: guest })).rejects.toThrow("has a name that it can't have there");
    expect(existsSync(at("to/x"))).toBe(false);
  },
);

test.each(["link first", "folder first"])(
  "a guest's folder of the same name as its link leads nowhere (%s)",
  async (order) => {
    mkdirSync(at("outside"));
    const twice = [
      { name: "d", kind: "symlink" },
      { name: "d", kind: "directory" },
    ] as const;
    const guest = lying({
      x: order === "link first" ? [...twice].reverse() : [...twice],
      "x/d": [{ name: "f", kind: "file" }],
    });
    await expect(run("x", "to", { tree: guest })).rejects.toThrow(/cannot (make|write) /);
    expect(readdirSync(at("outside"))).toEqual([]);
  },
);

test("after a failure, and after an abort, no part of a file is left and no old one is lost", async () => {
  writeFileSync(at("to/f"), "old");
  writeFileSync(at("from/f"), Buffer.alloc(1_000_000));
  const abort = new AbortController();
  const failing = (then: () => void): FileTree => ({
    ...hostTree,
    async open(path) {
      const file = await hostTree.open(path);
      return {
        ...file,
        read(buffer, start) {
          if (start > 500_000) then();
          return file.read(buffer, start);
        },
      };
    },
  });
  const fail = (): never => {
    throw new Error("disk on fire");
  };
  await expect(run("from/f", "to", { tree: failing(fail) })).rejects.toThrow("disk on fire");
  const aborting = failing(() => abort.abort(new Error("SIGINT")));
  await expect(run("from/f", "to", { tree: aborting, signal: abort.signal })).rejects.toThrow("SIGINT");
  expect(readdirSync(at("to"))).toEqual(["f"]);
  expect(readFileSync(at("to/f"), "utf8")).toBe("old");
});

test("what became shorter meanwhile is no file", async () => {
  writeFileSync(at("from/f"), Buffer.alloc(300_000));
  const facts = async (path: string) => {
    const found = await hostTree.facts(path);
    return found && { ...found, sizeBytes: found.sizeBytes + 1 };
  };
  await expect(run("from/f", "to", { tree: { ...hostTree, facts } })).rejects.toThrow("became shorter");
  expect(readdirSync(at("to"))).toEqual([]);
});

test("a file that does not know its size is copied whole", async () => {
  await run("../../../proc/version", "to");
  expect(readFileSync(at("to/version"), "utf8")).toBe(readFileSync("/proc/version", "utf8"));
});

test("a slash behind a link asks for the folder that it leads to; behind a file it is refused", async () => {
  writeFileSync(at("from/f"), "");
  symlinkSync("from", at("link"));
  await run("link", "to");
  await run("link/", "to/copied");
  expect(lstatSync(at("to/link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(at("to/copied"))).toEqual(["f"]);
  await expect(run("from/f/", "to")).rejects.toThrow("is no folder");
  await expect(run("none", "to")).rejects.toThrow(`there is no such file or folder: ${at("none")} on this host`);
});
