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
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cacheFolder } from "@boot2docker/debian";

/** About four images. */
const keptBlocks = 12;

/** A part of a file, in bytes; the end is not in it. */
export interface Range {
  path: string;
  start: number;
  end: number;
}

export function readRange({ path, start, end }: Range): AsyncIterable<Buffer> {
  return createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 20 });
}

/**
 * The result of work on a part of a file, from the user's cache folder when the same was done before. `recipe` says
 * all that the result depends on besides the bytes. `make` writes it to a path.
 */
export async function keepBlock(
  range: Range,
  recipe: string,
  make: (output: string) => Promise<void>,
): Promise<Buffer> {
  const folder = cacheFolder("image-blocks");
  mkdirSync(folder, { recursive: true });
  const key = createHash("sha256").update(`${recipe}\n`);
  await pipeline(readRange(range), key);
  const stored = join(folder, key.digest("hex"));
  if (!existsSync(stored)) {
    const fresh = `${stored}.${process.pid}`;
    await make(fresh);
    renameSync(fresh, stored);
  }
  const now = new Date();
  utimesSync(stored, now, now);
  prune(folder);
  return readFileSync(stored);
}

/** Drops what was used longest ago, the torsos of killed builds among it. */
function prune(folder: string): void {
  const dated = readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, usedAt: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  const old = dated.toSorted((one, other) => other.usedAt - one.usedAt).slice(keptBlocks);
  for (const { path } of old) rmSync(path, { force: true });
}
