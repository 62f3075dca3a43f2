import { posix } from "node:path";
import type { Attributes, Client, SFTPWrapper } from "ssh2";
import { fileError } from "../copy/copy-error.ts";
import type { FileTree, OpenFile, TreeFacts } from "../copy/file-tree.ts";
import { connectionError, type SshAddress } from "./connect.ts";

/** An answer of less free space than this, after a write that failed, is why. */
const fullBytes = 1 << 20;
/** SSH_FXP_STATUS (draft-ietf-secsh-filexfer-02, 7); the server has no code for a full disk. */
const codes: Partial<Record<number, string>> = { 2: "ENOENT", 3: "EACCES" };

type Done<T> = (error: Error | null | undefined, result: T) => void;

/**
 * The files of a guest as its user docker sees them; a path that is not absolute begins in that user's home. Ends with the client.
 * When the connection ends what is going on fails as `connectionError`.
 */
export async function openGuestTree(client: Client, address: SshAddress): Promise<FileTree> {
  const waiting = new Set<(error: Error) => void>();
  let lost: Error | undefined;
  const lose = (cause: Error): void => {
    lost ??= connectionError(address, cause);
    for (const reject of waiting) reject(lost);
  };
  client.on("error", lose);
  client.once("close", () => lose(new Error("it ended before all was copied")));

  /** ssh2 does not answer what is asked after the end. */
  const ask = <T>(start: (done: Done<T>) => void): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (lost !== undefined) return Promise.reject(lost);
    waiting.add(reject);
    start((error, result) => {
      waiting.delete(reject);
      // What the server says has its number; without one nobody answers any more.
      if (error && !("code" in error && typeof error.code === "number")) lose(error);
      if (error) reject(lost ?? error);
      else resolve(result);
    });
    return promise;
  };
  const told = async <T>(action: string, path: string, start: (done: Done<T>) => void): Promise<T> => {
    try {
      return await ask(start);
    } catch (error) {
      if (!(error instanceof Error) || error === lost) throw error;
      throw fileError(action, path, place, withCode(error, action !== "read" && (await isFull(path))));
    }
  };
  /** Undefined where there is nothing. */
  const look = async (path: string, start: (done: Done<Attributes>) => void): Promise<TreeFacts | undefined> => {
    try {
      return factsOf(await ask(start));
    } catch (error) {
      if (!(error instanceof Error) || error === lost) throw error;
      const coded = withCode(error, false);
      if (coded.code === "ENOENT") return undefined;
      throw fileError("read", path, place, coded);
    }
  };
  const isFull = async (path: string): Promise<boolean> => {
    try {
      const disk = await ask<Record<"f_blocks" | "f_bavail" | "f_frsize", number>>((done) =>
        sftp.ext_openssh_statvfs(posix.dirname(path), done),
      );
      return disk.f_blocks > 0 && disk.f_bavail * disk.f_frsize < fullBytes; // /proc has none at all.
    } catch {
      return false; // The failure that it would explain is said all the same.
    }
  };
  const openFile = (path: string, handle: Buffer): OpenFile => ({
    read: (bytes, at) =>
      told("read", path, (done) => sftp.read(handle, bufferOf(bytes), 0, bytes.byteLength, at, done)),
    write: (bytes, at) =>
      told("write", path, (done) => sftp.write(handle, bufferOf(bytes), 0, bytes.byteLength, at, done)),
    finish: (facts) => told("set mode and time of", path, (done) => sftp.fsetstat(handle, attributesOf(facts), done)),
    close: () => told("write", path, (done) => sftp.close(handle, done)),
  });

  const place = { machine: address.machine };
  const sftp = await ask<SFTPWrapper>((done) => {
    client.sftp((error, started) => done(error && new Error(error.message, { cause: error }), started));
  });
  sftp.on("error", lose);
  sftp.once("close", () => lose(new Error("its file server ended")));

  return {
    ...place,
    style: "posix",
    facts: (path) => look(path, (done) => sftp.lstat(path, done)),
    async follow(path) {
      const facts = await look(path, (done) => sftp.stat(path, done));
      if (facts === undefined) return undefined;
      return { path: await told<string>("read", path, (done) => sftp.realpath(path, done)), facts };
    },
    async list(folder) {
      const entries = await told<{ filename: string; attrs: Attributes }[]>("read", folder, (done) =>
        sftp.readdir(folder, done),
      );
      return entries.map(({ filename, attrs }) => ({ name: filename, facts: factsOf(attrs) }));
    },
    readLink: (path) => told("read", path, (done) => sftp.readlink(path, done)),
    makeFolder: (path, mode) => told("make", path, (done) => sftp.mkdir(path, { mode }, done)),
    makeLink: (leadsTo, path, meant) => told("make", meant, (done) => sftp.symlink(leadsTo, path, done)),
    finishFolder: (path, facts) =>
      told("set mode and time of", path, (done) => sftp.setstat(path, attributesOf(facts), done)),
    open: async (path) => openFile(path, await told<Buffer>("read", path, (done) => sftp.open(path, "r", done))),
    create: async (path, meant) =>
      openFile(meant, await told<Buffer>("write", meant, (done) => sftp.open(path, "wx", { mode: 0o600 }, done))),
    rename: (from, to) => told("write", to, (done) => sftp.ext_openssh_rename(from, to, done)),
    remove: (path) => told("remove", path, (done) => sftp.unlink(path, done)),
  };
}

function withCode(error: Error & { code?: unknown }, isFull: boolean): Error & { code?: string } {
  const code = isFull ? "ENOSPC" : codes[Number(error.code)];
  const message = error.message.replace(/\p{Cc}/gu, "?"); // The guest's own words.
  return Object.assign(new Error(message, { cause: error }), code === undefined ? {} : { code });
}

const kinds: Partial<Record<number, TreeFacts["kind"]>> = {
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
  0o140000: "socket",
};

function factsOf({ mode, size, mtime }: Attributes): TreeFacts {
  return {
    kind: kinds[mode & 0o170000] ?? "other",
    sizeBytes: size,
    mode: mode & 0o7777,
    modifiedAt: new Date(mtime * 1000),
  };
}

/** The protocol has unsigned seconds in 32 bits. */
function attributesOf({ mode, modifiedAt }: TreeFacts): { mode: number; atime: number; mtime: number } {
  const seconds = Math.min(Math.max(Math.floor(modifiedAt.getTime() / 1000), 0), 2 ** 32 - 1);
  return { mode, atime: seconds, mtime: seconds };
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
