import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cut, DiskHistory } from "./cut.ts";
import { seededRandom } from "./random.ts";
import { type Entry, Image, WriteLog } from "./write-log.ts";

const block = 4096;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "b2d-cut-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What is in each block of a disk of eight, by its first letter, after a cut behind `position` entries. */
function cutAt(
  position: number,
  entries: readonly Entry[],
  random: () => number,
  count = 8,
): { blocks: string; cut: Cut } {
  const path = join(folder, "disk");
  writeFileSync(path, "");
  truncateSync(path, 8 * block);
  const log = new WriteLog(join(folder, "log"), "create");
  for (const entry of entries) log.append(entry);
  const image = new Image(path);
  try {
    const history = new DiskHistory(image, log);
    history.advanceTo(position);
    const cut = history.cut(image, random);
    const blocks = Array.from({ length: count }, (_, index) => image.read(index * block, 1).toString());
    return { blocks: blocks.map((letter) => (letter === "\0" ? "." : letter)).join(""), cut };
  } finally {
    image.close();
    log.close();
  }
}

const write = (letter: string, at: number, blocks = 1, isDurable = false): Entry => ({
  kind: "write",
  offset: at * block,
  data: Buffer.alloc(blocks * block, letter),
  isDurable,
});
const flush: Entry = { kind: "flush" };
const nothing = (): number => 0;
const everything = (): (() => number) => {
  const numbers = [0.3];
  return () => numbers.shift() ?? 0;
};

test("what was flushed is there, whatever else is lost", () => {
  const entries = [write("a", 0, 2), flush, write("b", 1), write("c", 5)];
  expect(cutAt(4, entries, nothing)).toMatchObject({ blocks: "aa......", cut: { lostBlocks: 2, keptBlocks: 0 } });
});

test("what was not flushed may be there", () => {
  const entries = [write("a", 0, 2), flush, write("b", 1), write("c", 5)];
  expect(cutAt(4, entries, everything())).toMatchObject({ blocks: "ab...c..", cut: { lostBlocks: 0, keptBlocks: 2 } });
});

test("a write of several blocks is torn between them", () => {
  const numbers = [0.9, 0.5, 0.1, 0.8, 0.1, 0.1];
  expect(cutAt(1, [write("a", 0, 8)], () => numbers.shift() ?? 0.9).blocks).toBe("a.aa....");
});

test("what comes after the cut never was", () => {
  expect(cutAt(1, [write("a", 0), write("b", 1), flush], everything()).blocks).toBe("a.......");
});

test("a durable write is there without a flush, and zeros count as writes", () => {
  const zero: Entry = { kind: "zero", offset: 0, length: block, isDurable: false };
  const entries = [write("a", 0), write("b", 1), flush, zero, write("c", 2, 1, true)];
  expect(cutAt(5, entries, nothing).blocks).toBe("abc.....");
  expect(cutAt(5, entries, everything()).blocks).toBe(".bc.....");
});

test("the same seed cuts alike", () => {
  const entries = Array.from({ length: 8 }, (_, index) => write("x", index));
  const cut = (seed: number) => cutAt(8, entries, seededRandom(seed)).blocks;
  expect(Array.from({ length: 20 }, (_, seed) => cut(seed))).toEqual(
    Array.from({ length: 20 }, (_, seed) => cut(seed)),
  );
  expect(new Set(Array.from({ length: 20 }, (_, seed) => cut(seed))).size).toBeGreaterThan(5);
});

test("a disk that grew is as large after the cut", () => {
  const entries: Entry[] = [write("a", 0), flush, { kind: "grow", sizeBytes: 9 * block }, write("b", 8)];
  expect(cutAt(4, entries, everything(), 9)).toMatchObject({ blocks: "a.......b" });
  expect(cutAt(4, entries, nothing, 9)).toMatchObject({ blocks: "a........" });
});
