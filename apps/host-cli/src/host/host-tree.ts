import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { fileError } from "../copy/copy-error.ts";
import type { FileTree, OpenFile, TreeFacts } from "../copy/file-tree.ts";
import { joinPath } from "../copy/path.ts";
import { nodeFiles } from "./files.ts";

const isWindows = process.platform === "win32";
/** What was a file when it was looked at may be a link or a pipe by now, where a guest can write, too. Windows has neither flag. */
const readFlags = isWindows ? "r" : constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const thisHost = {};

/** The files of this host, for copying. A path that is not absolute begins in the working directory. */
export const hostTree: FileTree = {
  style: isWindows ? "windows" : "posix",
  facts: (path) => told("read", path, factsOf(path)),
  async follow(path) {
    const real = await told("read", path, nodeFiles.realPath(path));
    const facts = await told("read", real, factsOf(real));
    // A link that leads nowhere is its own real path.
    return facts === undefined || facts.kind === "symlink" ? undefined : { path: real, facts };
  },
  async list(folder) {
    const names = await told("read", folder, fs.readdir(folder));
    const listed = await Promise.all(
      names.map(async (name) => {
        const path = joinPath(folder, name);
        return { name, facts: await told("read", path, factsOf(path)) };
      }),
    );
    // What has gone since is not there.
    return listed.flatMap(({ name, facts }) => (facts === undefined ? [] : [{ name, facts }]));
  },
  readLink: (path) => told("read", path, fs.readlink(path)),
  makeFolder: (path, mode) => told("make", path, fs.mkdir(path, mode)),
  makeLink: (leadsTo, path, meant) => told("make", meant, fs.symlink(leadsTo, path)),
  finishFolder: (path, { mode, modifiedAt }) =>
    told(
      "set mode and time of",
      path,
      fs.chmod(path, mode).then(() => fs.utimes(path, modifiedAt, modifiedAt)),
    ),
  open: async (path) => openFile(path, await told("read", path, fs.open(path, readFlags))),
  create: async (path, meant) => openFile(meant, await told("write", meant, fs.open(path, "wx", 0o600))),
  rename: (from, to) => told("write", to, fs.rename(from, to)),
  remove: (path) => told("remove", path, fs.unlink(path)),
};

/** Windows knows no modes: all can be run there, as `docker build` has it, too. */
async function factsOf(path: string): Promise<TreeFacts | undefined> {
  const facts = await nodeFiles.stat(path);
  return facts === undefined || !isWindows ? facts : { ...facts, mode: 0o755 };
}

function openFile(path: string, file: fs.FileHandle): OpenFile {
  return {
    read: async (buffer, at) => (await told("read", path, file.read(buffer, 0, buffer.byteLength, at))).bytesRead,
    write: (bytes, at) => told("write", path, writeAll(file, bytes, at)),
    finish: ({ mode, modifiedAt }) =>
      told(
        "set mode and time of",
        path,
        file.chmod(mode).then(() => file.utimes(modifiedAt, modifiedAt)),
      ),
    close: () => told("write", path, file.close()),
  };
}

async function writeAll(file: fs.FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    written += (await file.write(bytes, written, bytes.byteLength - written, at + written)).bytesWritten;
  }
}

async function told<T>(action: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Error ? fileError(action, path, thisHost, error) : error;
  }
}
