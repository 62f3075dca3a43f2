import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Files } from "../system.ts";

/**
 * Synchronous inside, since nearly all that is read and written here is small and in memory: a detour through libuv's
 * threads would cost more than the call.
 */
export const files: Omit<Files, "touch"> = {
  async readText(path) {
    return unlessMissing(() => readFileSync(path, "utf8"));
  },
  async readPart(path, offset, maxBytes) {
    const fd = openSync(path, "r");
    try {
      const buffer = new Uint8Array(maxBytes);
      let length = 0;
      while (length < maxBytes) {
        const read = readSync(fd, buffer, length, maxBytes - length, offset + length);
        if (read === 0) break;
        length += read;
      }
      return buffer.subarray(0, length);
    } finally {
      closeSync(fd);
    }
  },
  async list(path) {
    return unlessMissing(() => readdirSync(path).sort()) ?? [];
  },
  async stat(path) {
    const facts = unlessMissing(() => statSync(path));
    if (facts === undefined) return undefined;
    const kind = facts.isFile() ? "file" : facts.isDirectory() ? "directory" : facts.isSocket() ? "socket" : "other";
    return { kind, sizeBytes: facts.size };
  },
  async write(path, content, { mode = 0o644, owner, durable = false } = {}) {
    const directory = dirname(path);
    mkdirSync(directory, { recursive: true });
    const temporary = `${path}.new`;
    // A left-over of a crash may have another mode, which opening does not change.
    rmSync(temporary, { force: true });
    const fd = openSync(temporary, "wx", mode);
    try {
      writeFileSync(fd, content);
      fchmodSync(fd, mode); // past the umask
      if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    if (durable) syncDirectory(directory);
  },
  async set(path, value) {
    writeFileSync(path, value, { flag: "r+" });
  },
  async overwrite(path, offset, bytes) {
    const fd = openSync(path, "r+");
    try {
      for (let done = 0; done < bytes.byteLength;) {
        done += writeSync(fd, bytes, done, bytes.byteLength - done, offset + done);
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  async append(path, text) {
    appendFileSync(path, text);
  },
  async makeDirectory(path, { mode, owner } = {}) {
    mkdirSync(path, { recursive: true });
    if (mode !== undefined) chmodSync(path, mode);
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  },
  async link(target, path) {
    try {
      symlinkSync(target, path);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  },
  async rotate(path, keepPath) {
    copyFileSync(path, keepPath);
    truncateSync(path, 0);
  },
  async remove(path) {
    rmSync(path, { recursive: true, force: true });
  },
  async appears(path, signal) {
    const changed = Promise.withResolvers<undefined>();
    const watcher = watch(dirname(path), () => {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) changed.resolve(undefined);
    });
    const stop = (): void => changed.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      // Looked at after the watch began, so that nothing falls between.
      if (statSync(path, { throwIfNoEntry: false }) === undefined) await changed.promise;
    } finally {
      signal.removeEventListener("abort", stop);
      watcher.close();
    }
  },
  async removeEmpty(path) {
    rmdirSync(path);
  },
  async readLink(path) {
    try {
      return readlinkSync(path);
    } catch {
      return undefined;
    }
  },
  async isInMemory(path) {
    return inMemory.includes(statfsSync(path).type);
  },
  async space(path) {
    const facts = statfsSync(path);
    return { sizeBytes: facts.blocks * facts.bsize, freeBytes: facts.bavail * facts.bsize };
  },
};

/** tmpfs, ramfs, and the image with and without what is laid over it: linux/magic.h */
const inMemory = [0x01021994, 0x858458f6, 0x73717368, 0x794c7630];

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
