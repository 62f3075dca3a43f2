import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { runTool } from "@boot2docker/debian";
import { contentSize } from "./tar.ts";
import type { Entry } from "./tree.ts";
import { packedLast } from "./wanted.ts";
import { joinXz, parseXz } from "./xz-container.ts";

const xz = { command: "xz", package: "xz-utils" };
/** The window covers the programs written in Go, which share a lot. The host needs as much memory to unpack. */
const window = "128MiB";
const settings = ["-T1", "--check=crc32", `--lzma2=preset=9e,dict=${window}`];
const superblock = 4096;
const mebibyte = 1 << 20;
/** About four images. */
const keptBlocks = 12;
const quickSettings = ["-T1", "--check=crc32", "--lzma2=preset=0,dict=1MiB"];

/**
 * Compresses the root the way it is shipped: as one `.xz` stream.
 *
 * Its blocks are cut at `cuts` (bytes) and kept by their content in the user's cache folder: the root of a new
 * guest-init shares all but two of them with that of the old one, and minutes of compression. Where the cuts are
 * decides the bytes of the stream, so they must follow from the tree alone.
 */
export async function compressStream(
  root: string,
  cuts: readonly number[],
  output: string,
  quick: boolean,
  signal: AbortSignal,
): Promise<void> {
  const edges = [0, ...cuts, statSync(root).size];
  const parts: Buffer[] = [];
  for (const [index, end] of edges.slice(1).entries()) {
    const range = { start: edges[index] ?? 0, end: end - 1 };
    parts.push(await compressBlock(root, range, quick ? quickSettings : settings, signal));
  }
  writeFileSync(output, joinXz(parts.map(parseXz)));
}

/** Where to cut: behind the superblock, which every change changes, and before guest-init, which lies last. */
export function planCuts(entries: readonly Entry[]): number[] {
  const kept = entries.filter(({ path }) => !packedLast.has(path));
  const bytes = kept.reduce((sum, entry) => sum + (entry.type === "file" ? contentSize(entry.content) : 0), 0);
  // Files that are there twice are stored once, so guest-init begins a little before the sum of all others.
  const end = Math.floor((bytes * 0.98) / mebibyte) * mebibyte;
  return end > superblock ? [superblock, end] : [];
}

async function compressBlock(
  root: string,
  range: { start: number; end: number },
  args: readonly string[],
  signal: AbortSignal,
): Promise<Buffer> {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "boot2docker", "image-blocks");
  mkdirSync(folder, { recursive: true });
  const key = createHash("sha256").update(`${args.join(" ")}\n${await runTool(xz, ["--version"], {}, signal)}`);
  await pipeline(createReadStream(root, range), key, { end: false });
  const stored = join(folder, `${key.digest("hex")}.xz`);
  if (!existsSync(stored)) {
    const fresh = `${stored}.${process.pid}`;
    await runTool(xz, ["-c", ...args], { input: createReadStream(root, range), outputFile: fresh }, signal);
    renameSync(fresh, stored);
  }
  const now = new Date();
  utimesSync(stored, now, now);
  prune(folder);
  return readFileSync(stored);
}

function prune(folder: string): void {
  const dated = readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, usedAt: statSync(path).mtimeMs }));
  for (const { path } of dated.toSorted((one, other) => other.usedAt - one.usedAt).slice(keptBlocks)) rmSync(path);
}
