import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { runTool } from "@boot2docker/debian";
import { keepBlock, readRange, type Range } from "./kept-blocks.ts";
import { contentSize } from "./tar.ts";
import type { Entry } from "./tree.ts";
import { packedLast } from "./wanted.ts";
import { joinXz, parseXz } from "./xz-container.ts";

const xz = { command: "xz", package: "xz-utils" };
/** The window covers the programs written in Go, which share a lot. The host needs as much memory to unpack. */
const window = "64MiB";
const settings = ["-c", "-T1", "--check=crc32", `--lzma2=preset=9e,dict=${window}`];
const quickSettings = ["-c", "-T1", "--check=crc32", "--lzma2=preset=0,dict=1MiB"];
const superblock = 4096;
const mebibyte = 1 << 20;

export interface StreamOptions {
  /** Where blocks end, in bytes. They decide the bytes of the stream, so they must follow from the tree alone. */
  cuts: readonly number[];
  /** Small effort, nothing kept. */
  quick: boolean;
  onProgress: (message: string) => void;
}

/**
 * Compresses the root the way it is shipped (docs/adr/0004-image-stream.md): as one `.xz` stream. Its blocks are kept:
 * the root with another guest-init shares the largest, and minutes of compression, with the one before.
 */
export async function compressStream(
  root: string,
  output: string,
  options: StreamOptions,
  signal: AbortSignal,
): Promise<void> {
  const sizeBytes = statSync(root).size;
  const edges = [0, ...options.cuts, sizeBytes];
  const count = countBytes(sizeBytes, options.onProgress);
  const recipe = `${settings.join(" ")}\n${await runTool(xz, ["--version"], {}, signal)}`;
  const blocks: Buffer[] = [];
  for (const [index, end] of edges.slice(1).entries()) {
    const range = { path: root, start: edges[index] ?? 0, end };
    const compress = async (target: string) => {
      const args = options.quick ? quickSettings : settings;
      await runTool(xz, args, { input: count(range), outputFile: target }, signal);
    };
    if (options.quick) {
      await compress(output);
      blocks.push(readFileSync(output));
    } else {
      blocks.push(await keepBlock(range, recipe, compress));
    }
  }
  rmSync(output, { force: true });
  writeFileSync(output, joinXz(blocks.map(parseXz)));
}

/** Where to cut: behind the superblock, which every change changes, and before guest-init, which lies last. */
export function planCuts(entries: readonly Entry[]): number[] {
  const kept = entries.filter(({ path }) => !packedLast.has(path));
  const bytes = kept.reduce((sum, entry) => sum + (entry.type === "file" ? contentSize(entry.content) : 0), 0);
  // Files that are there twice are stored once, so guest-init begins a little before the sum of all others.
  const end = Math.floor((bytes * 0.98) / mebibyte) * mebibyte;
  return end > superblock ? [superblock, end] : [];
}

/** Says each tenth of the whole that went by. */
function countBytes(
  totalBytes: number,
  onProgress: (message: string) => void,
): (range: Range) => AsyncIterable<Buffer> {
  let tenths = 0;
  return async function* (range) {
    let at = range.start;
    for await (const bytes of readRange(range)) {
      yield bytes;
      at += bytes.length;
      const reached = Math.floor((at / totalBytes) * 10);
      if (reached > tenths) onProgress(`compressed ${reached * 10} % of the root`);
      tenths = Math.max(tenths, reached);
    }
  };
}
