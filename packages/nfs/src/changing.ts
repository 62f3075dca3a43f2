/** The procedures of RFC 1813 that change something. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, link, lutimes, mkdir, open, rename, rmdir, symlink, unlink } from "node:fs/promises";
import { mknodType, readChanges, writeOptionalAttributes, type Changes, type Time } from "./attributes.ts";
import { checkWritable, readEntry, readName, reply, statOrNone, writeChanged, type Context } from "./context.ts";
import type { Name } from "./names.ts";
import { maxTransferBytes } from "./reading.ts";
import type { Procedure } from "./rpc.ts";
import { makeFifo, makeSocket } from "./special-files.ts";
import { NfsError } from "./status.ts";
import { lstatOf, type Entry } from "./tree.ts";
import type { XdrReader, XdrWriter } from "./xdr.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
const maxLinkBytes = 4096;
const create = { unchecked: 0, guarded: 1, exclusive: 2 };
const unstable = 0;
const fileSync = 2;
/** Verifiers of exclusive creations that may be asked for again. */
const keptVerifiers = 128;

export function changingProcedures(context: Context): Record<number, Procedure> {
  const { tree, files, owner } = context;
  /** What was taken and not committed may be lost: clients are to write it again. */
  const forgetWrites = (error: unknown): never => {
    context.verifier = randomBytes(8);
    throw error;
  };
  const created = new Map<string, string>();

  const changing = (
    isOnce: boolean,
    run: (entry: Entry, args: XdrReader, result: XdrWriter) => Promise<void>,
  ): Procedure => ({
    isOnce,
    run: async (args, result) => {
      let entry: Entry | undefined;
      const work = async (): Promise<void> => {
        entry = await readEntry(args, context);
        checkWritable(entry);
        await run(entry, args, result);
      };
      await reply(result, work, () => writeChanged(result, entry, context));
    },
  });

  /** A procedure on a name in a directory: its reply ends with the directory's attributes. */
  const inDirectory = (
    run: (directory: Entry, name: Name, args: XdrReader, result: XdrWriter) => Promise<void>,
  ): Procedure =>
    changing(true, async (directory, args, result) => {
      await run(directory, readName(args), args, result);
      await writeChanged(result, directory, context);
    });

  const apply = async (entry: Entry, { size, mode, atime, mtime }: Changes): Promise<void> => {
    if (size !== undefined) await files.write(entry, (file) => file.truncate(size));
    const { parent, name } = entry;
    const isLink = mode !== undefined && (await tree.stat(entry)).isSymbolicLink();
    if (mode !== undefined && !isLink) await tree.pinned(entry, (path) => chmod(path, mode));
    if (atime === undefined && (mtime === undefined || (mtime !== "now" && context.isAnnounced(mtime.ns)))) return;
    const before = await tree.stat(entry);
    // Not before what was written in the same millisecond.
    const now = (Date.now() + 1) / 1000;
    const time = (wanted: Time | undefined, old: bigint): number =>
      wanted === "now" ? now : Number(wanted?.ns ?? old) / 1e9;
    const set = (path: Buffer): Promise<void> =>
      lutimes(path, time(atime, before.atimeNs), time(mtime, before.mtimeNs));
    await (parent === undefined ? set(Buffer.from(`${entry.share.folder}/.`)) : tree.within(parent, name, set));
  };

  /** What was just made: its handle and attributes. */
  const writeMade = async (directory: Entry, name: Name, changes: Changes, result: XdrWriter): Promise<Entry> => {
    const { entry } = await tree.child(directory, name);
    await apply(entry, changes);
    result.isTrue(true).opaque(entry.handle);
    writeOptionalAttributes(result, await tree.stat(entry), owner);
    return entry;
  };

  const createFile = async (
    directory: Entry,
    name: Name,
    how: number,
    args: XdrReader,
  ): Promise<{ entry: Entry; changes: Changes }> => {
    const token = how === create.exclusive ? args.fixed(8).toString("hex") : "";
    const { mode = 0o644, ...changes } = how === create.exclusive ? {} : readChanges(args);
    try {
      const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
      const file = await tree.within(directory, name, (path) => open(path, flags, mode));
      const { entry } = await tree.child(directory, name).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      await files.keep(entry, file);
      // The mask of this process is not the client's.
      if (how !== create.exclusive) await tree.pinned(entry, (path) => chmod(path, mode));
      else rememberFirst(created, entry.handle.toString("latin1"), token, keptVerifiers);
      return { entry, changes };
    } catch (error) {
      if (!isThere(error) || how === create.guarded) throw error;
      const { entry } = await tree.child(directory, name);
      if (how === create.exclusive && created.get(entry.handle.toString("latin1")) !== token) throw error;
      // Whatever it is, the client knows what to do with it; of what is asked for only the size is for one that is there.
      return { entry, changes: changes.size === undefined ? {} : { size: changes.size } };
    }
  };

  const move = async (from: Entry, oldName: Name, to: Entry, newName: Name): Promise<void> => {
    const moved = await tree.within(from, oldName, lstatOf);
    const replaced = await tree.within(to, newName, lstatOf).catch(() => undefined);
    const known = replaced === undefined ? undefined : tree.recall(replaced);
    await tree.within(from, oldName, (path) => tree.within(to, newName, (target) => rename(path, target)));
    // Two names of one file: nothing has happened, rename(2).
    if (replaced?.ino === moved.ino && replaced.dev === moved.dev) return;
    if (known !== undefined && replaced?.nlink === 1n) {
      await files.drop(known);
      tree.forget(known);
    }
    const entry = tree.recall(moved);
    if (entry?.parent === from && entry.name === oldName) tree.move(entry, to, newName);
  };

  return {
    // SETATTR
    2: changing(false, async (entry, args, result) => {
      const changes = readChanges(args);
      // The client's guard, a ctime: Linux gives none.
      if (args.isTrue()) args.fixed(8);
      await apply(entry, changes);
      await writeChanged(result, entry, context);
    }),
    // WRITE
    7: changing(false, async (entry, args, result) => {
      const offset = args.size();
      args.u32();
      const stability = args.u32();
      const data = args.opaque(maxTransferBytes);
      await files.write(entry, async (file) => {
        for (let done = 0; done < data.length;) {
          const { bytesWritten } = await file.write(data, done, data.length - done, offset + done);
          done += bytesWritten;
        }
        if (stability !== unstable) await file.datasync().catch(forgetWrites);
      });
      await writeChanged(result, entry, context);
      result
        .u32(data.length)
        .u32(stability === unstable ? unstable : fileSync)
        .fixed(context.verifier);
    }),
    // CREATE
    8: inDirectory(async (directory, name, args, result) => {
      const { entry, changes } = await createFile(directory, name, args.u32(), args);
      await apply(entry, changes);
      result.isTrue(true).opaque(entry.handle);
      writeOptionalAttributes(result, await tree.stat(entry), owner);
    }),
    // MKDIR
    9: inDirectory(async (directory, name, args, result) => {
      const { mode = 0o755, ...changes } = readChanges(args);
      await tree.within(directory, name, (path) => mkdir(path, mode));
      await writeMade(directory, name, { ...changes, mode }, result);
    }),
    // SYMLINK
    10: inDirectory(async (directory, name, args, result) => {
      readChanges(args);
      const target = args.opaque(maxLinkBytes);
      await tree.within(directory, name, (path) => symlink(target, path));
      await writeMade(directory, name, {}, result);
    }),
    // MKNOD
    11: inDirectory(async (directory, name, args, result) => {
      const type = args.u32();
      if (type !== mknodType.socket && type !== mknodType.fifo) throw new NfsError("ENOTSUPP");
      const { mode = 0o644, ...changes } = readChanges(args);
      await tree.within(directory, name, type === mknodType.fifo ? makeFifo : makeSocket);
      await writeMade(directory, name, { ...changes, mode }, result);
    }),
    // REMOVE
    12: inDirectory(async (directory, name) => {
      const stats = await tree.within(directory, name, lstatOf);
      if (stats.isDirectory()) throw new NfsError("EISDIR");
      const entry = tree.recall(stats);
      // Where an open file cannot be removed, it is closed first.
      if (entry !== undefined && stats.nlink === 1n) await files.drop(entry);
      await tree.within(directory, name, unlink);
      if (entry !== undefined && stats.nlink === 1n) tree.forget(entry);
    }),
    // RMDIR
    13: inDirectory(async (directory, name) => {
      const stats = await tree.within(directory, name, lstatOf);
      await tree.within(directory, name, rmdir);
      const entry = tree.recall(stats);
      if (entry !== undefined) tree.forget(entry);
    }),
    // RENAME
    14: {
      isOnce: true,
      run: async (args, result) => {
        let from: Entry | undefined;
        let to: Entry | undefined;
        const both = async (): Promise<void> => {
          await writeChanged(result, from, context);
          await writeChanged(result, to, context);
        };
        const work = async (): Promise<void> => {
          from = await readEntry(args, context);
          const oldName = readName(args);
          to = await readEntry(args, context);
          const newName = readName(args);
          checkWritable(from);
          checkWritable(to);
          if (from.share !== to.share) throw new NfsError("EXDEV");
          await move(from, oldName, to, newName);
          await both();
        };
        await reply(result, work, both);
      },
    },
    // LINK
    15: {
      isOnce: true,
      run: async (args, result) => {
        let file: Entry | undefined;
        let directory: Entry | undefined;
        const both = async (): Promise<void> => {
          writeOptionalAttributes(result, await statOrNone(file, context), owner);
          await writeChanged(result, directory, context);
        };
        const work = async (): Promise<void> => {
          file = await readEntry(args, context);
          directory = await readEntry(args, context);
          const name = readName(args);
          checkWritable(directory);
          if (file.share !== directory.share) throw new NfsError("EXDEV");
          const { parent, name: oldName } = file;
          if (parent === undefined) throw new NfsError("EISDIR");
          await tree.stat(file);
          const target = directory;
          await tree.within(parent, oldName, (oldPath) => tree.within(target, name, (path) => link(oldPath, path)));
          await both();
        };
        await reply(result, work, both);
      },
    },
    // COMMIT
    21: changing(false, async (entry, _args, result) => {
      await files.write(entry, (file) => file.datasync().catch(forgetWrites));
      await writeChanged(result, entry, context);
      result.fixed(context.verifier);
    }),
  };
}

const isThere = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EEXIST";

function rememberFirst(map: Map<string, string>, key: string, value: string, limit: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.size > limit ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
}
