import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileFacts, Files } from "../host.ts";
import { copySparse } from "./copy-sparse.ts";
import { tryLock } from "./lock.ts";
import { watchFolder } from "./watch-folder.ts";

const privateFile = 0o600;
const privateDirectory = 0o700;

export const nodeFiles: Files = {
  readText: (path) => orIfMissing(fs.readFile(path, "utf8"), undefined),
  readChunks: (path, signal) => createReadStream(path, { signal, highWaterMark: 1 << 20 }),
  readPart,
  writeAtomic,
  writeChunks,
  append: (path, text) => fs.appendFile(path, text, { mode: privateFile }),
  empty: (path) => fs.truncate(path, 0),
  createSparse,
  copySparse,
  grow: (path, sizeBytes) =>
    changeFlushed(path, async (file) => {
      if ((await file.stat()).size < sizeBytes) await file.truncate(sizeBytes);
    }),
  overwrite: (path, offset, bytes) =>
    changeFlushed(path, async (file) => {
      await file.write(bytes, 0, bytes.byteLength, offset);
    }),
  sha256,
  makeDirectory,
  list: async (path) => (await orIfMissing(fs.readdir(path), [])).sort(),
  stat: (path) => orIfMissing(fs.lstat(path).then(factsOf), undefined),
  readLink: (path) => orIfMissing(orIfNoLink(fs.readlink(path)), undefined),
  symlink: (target, path) => fs.symlink(target, path),
  modifiedNs: async (path) => {
    const facts = await orIfMissing(fs.lstat(path, { bigint: true }), undefined);
    return facts?.mtimeNs;
  },
  watch: watchFolder,
  realPath: (path) => orIfMissing(fs.realpath(path), path),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  freeBytes: async (path) => {
    const { bavail, bsize } = await fs.statfs(path);
    return bavail * bsize;
  },
  tryLock,
};

async function readPart(path: string, offset: number, maxBytes: number): Promise<Uint8Array> {
  const file = await orIfMissing(fs.open(path, "r"), undefined);
  if (file === undefined) return new Uint8Array();
  try {
    const buffer = new Uint8Array(maxBytes);
    const { bytesRead } = await file.read(buffer, 0, maxBytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await fs.open(temporary, "wx", privateFile);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** The name itself is only safe after this. Windows can't, and does not need to. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await fs.open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const counted = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      yield chunk;
    }
  };
  const target = createWriteStream(path, { flags: "w", mode: privateFile, flush: true });
  await pipeline(Readable.from(chunks), counted, target, { signal });
  return { sizeBytes, sha256: hash.digest("hex") };
}

async function createSparse(path: string, sizeBytes: number, start: string): Promise<void> {
  const file = await fs.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, privateFile);
  try {
    await file.writeFile(start);
    await file.truncate(sizeBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function changeFlushed(path: string, change: (file: fs.FileHandle) => Promise<void>): Promise<void> {
  const file = await fs.open(path, "r+");
  try {
    await change(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sha256(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest("hex");
}

function factsOf(stats: Awaited<ReturnType<typeof fs.lstat>>): FileFacts {
  return {
    kind: kindOf(stats),
    sizeBytes: Number(stats.size),
    allocatedBytes: Number(stats.blocks) * 512,
    mode: Number(stats.mode) & 0o7777,
    modifiedAt: stats.mtime,
  };
}

function kindOf(stats: Awaited<ReturnType<typeof fs.lstat>>): FileFacts["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  return stats.isSocket() ? "socket" : "other";
}

async function orIfNoLink(found: Promise<string>): Promise<string | undefined> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === "EINVAL") return undefined;
    throw error;
  }
}

async function orIfMissing<T, U>(found: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return missing; // Nothing is below a file.
    throw error;
  }
}

/** With all above it. Node's own way goes round for ever where the system lets nobody make one, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (codeOf(error) !== "ENOENT" || above === path) throw error;
    await makeDirectory(above);
    await makeOne(path);
  }
}

/** One that is there is as good. */
async function makeOne(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { mode: privateDirectory });
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || !(await fs.stat(path)).isDirectory()) throw error;
  }
}

/** The system's, such as ENOENT. */
const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
