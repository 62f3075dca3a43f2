import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Watch } from "../host.ts";
import { watchFolder } from "./watch-folder.ts";

let root = "";
let watch: Watch | undefined;
const heard = new Set<string>();
const missed: string[] = [];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "b2d-watch-")));
  mkdirSync(join(root, "src/deep"), { recursive: true });
  mkdirSync(join(root, "node_modules/x"), { recursive: true });
  writeFileSync(join(root, "src/deep/f"), "");
  heard.clear();
  missed.length = 0;
});
afterEach(() => {
  watch?.close();
  rmSync(root, { recursive: true, force: true });
});

const open = async (mostFolders?: number): Promise<void> => {
  const onChange = (path: string) => void heard.add(path.slice(root.length));
  watch = await watchFolder(root, onChange, (reason) => void missed.push(reason), mostFolders);
};
const hears = (path: string): Promise<void> => expect.poll(() => heard.has(path)).toBe(true);

test("hears of what is changed, made and removed, at any depth, with the folder that it is in", async () => {
  await open();
  appendFileSync(join(root, "src/deep/f"), "x");
  await hears("/src/deep/f");
  expect(heard).not.toContain("/src/deep");
  writeFileSync(join(root, "new"), "");
  await hears("/new");
  rmSync(join(root, "src/deep/f"));
  await hears("/src/deep");
});

test("hears of what is in a folder that comes, and of what happens in it then", async () => {
  await open();
  const elsewhere = mkdtempSync(join(tmpdir(), "b2d-watch-"));
  mkdirSync(join(elsewhere, "tree/below"), { recursive: true });
  writeFileSync(join(elsewhere, "tree/below/f"), "");
  renameSync(join(elsewhere, "tree"), join(root, "came"));
  rmSync(elsewhere, { recursive: true });
  await hears("/came/below/f");
  heard.clear();
  appendFileSync(join(root, "came/below/f"), "x");
  await hears("/came/below/f");
  renameSync(join(root, "came"), join(root, "moved"));
  await hears("/moved/below/f");
  heard.clear();
  appendFileSync(join(root, "moved/below/f"), "x");
  await hears("/moved/below/f");
  expect([...heard].filter((path) => path.startsWith("/came"))).toEqual([]);
});

test("leaves out what is large or elsewhere", async () => {
  const outside = mkdtempSync(join(tmpdir(), "b2d-watch-"));
  symlinkSync(outside, join(root, "link"));
  await open();
  writeFileSync(join(root, "node_modules/x/f"), "");
  writeFileSync(join(outside, "f"), "");
  writeFileSync(join(root, "last"), "");
  await hears("/last");
  expect([...heard].sort()).toEqual(["", "/last"]);
  rmSync(outside, { recursive: true });
});

test("a folder that is not there can't be watched", async () => {
  await expect(
    watchFolder(
      join(root, "none"),
      () => undefined,
      () => undefined,
    ),
  ).rejects.toThrow("ENOENT");
});

test("of more folders than are watched it is told, once", async () => {
  for (const name of ["a", "b", "c"]) mkdirSync(join(root, "src", name));
  await open(4);
  expect(missed).toEqual(["it has more than 4 folders"]);
});
