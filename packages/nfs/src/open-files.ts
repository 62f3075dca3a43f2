import { constants } from "node:fs";
import { chmod, type FileHandle } from "node:fs/promises";
import { HandlePool } from "./handle-pool.ts";
import { NfsError } from "./status.ts";
import type { Entry, Tree } from "./tree.ts";

const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK } = constants;
const maxOpenFiles = 128;
const ownerWrites = 0o200;

/** Files that are read and written; NFS has no open and no close, so they stay open for a while. */
export class OpenFiles {
  readonly #tree: Tree;
  readonly #readers = new HandlePool<Entry>(maxOpenFiles);
  readonly #writers = new HandlePool<Entry>(maxOpenFiles);

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  async read<T>(entry: Entry, work: (file: FileHandle) => Promise<T>): Promise<T> {
    // Without waiting for the other end, should it be a pipe.
    return this.#readers.use(entry, async () => checkFile(await this.#tree.open(entry, O_RDONLY | O_NONBLOCK)), work);
  }

  async write<T>(entry: Entry, work: (file: FileHandle) => Promise<T>): Promise<T> {
    return this.#writers.use(entry, async () => checkFile(await this.#openToWrite(entry)), work);
  }

  /** Keeps one that was just made: who makes a file that nobody may write may write it. */
  async keep(entry: Entry, file: FileHandle): Promise<void> {
    const { ino, dev } = await file.stat({ bigint: true });
    // Somebody on the host has replaced it already.
    if (ino !== entry.ino || dev !== entry.dev) return file.close();
    await this.#writers.put(entry, await checkFile(file));
  }

  async drop(entry: Entry): Promise<void> {
    await Promise.all([this.#readers.drop(entry), this.#writers.drop(entry)]);
  }

  async closeIdle(marks: readonly [number, number]): Promise<[number, number]> {
    return Promise.all([this.#readers.closeIdle(marks[0]), this.#writers.closeIdle(marks[1])]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.close(), this.#writers.close()]);
  }

  async #openToWrite(entry: Entry): Promise<FileHandle> {
    const flags = O_NONBLOCK;
    try {
      return await this.#tree.open(entry, O_RDWR | flags);
    } catch (error) {
      if (!isDenied(error)) throw error;
    }
    try {
      return await this.#tree.open(entry, O_WRONLY | flags);
    } catch (error) {
      if (!isDenied(error)) throw error;
      return await this.#openAsOwner(entry, O_WRONLY | flags, error);
    }
  }

  /** A client that has a file open may write it whatever has become of its mode since, and the file's owner may change that. */
  async #openAsOwner(entry: Entry, flags: number, denied: Error): Promise<FileHandle> {
    const { mode } = await this.#tree.stat(entry);
    const set = (to: number): Promise<void> => this.#tree.pinned(entry, (path) => chmod(path, to & 0o7777));
    if ((Number(mode) & ownerWrites) !== 0) throw denied;
    await set(Number(mode) | ownerWrites);
    try {
      return await this.#tree.open(entry, flags);
    } finally {
      await set(Number(mode));
    }
  }
}

function isDenied(error: unknown): error is Error {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}

async function checkFile(file: FileHandle): Promise<FileHandle> {
  const stats = await file.stat();
  if (stats.isFile()) return file;
  await file.close();
  throw new NfsError(stats.isDirectory() ? "EISDIR" : "EINVAL");
}
