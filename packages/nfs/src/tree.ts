import { constants, type BigIntStats } from "node:fs";
import { lstat, open, readdir, type FileHandle } from "node:fs/promises";
import { birthOf, fitsHandle, type Inode, parseHandle, renderHandle, step } from "./file-handle.ts";
import { HandlePool } from "./handle-pool.ts";
import { bytesOf, nameOf, type Name } from "./names.ts";
import { NfsError } from "./status.ts";

/** A folder that clients may mount. */
export interface Export {
  /** What clients ask for. */
  path: string;
  /** Where it is here. */
  folder: string;
  isReadOnly: boolean;
}

/** Something in a share, at the place where it was seen last. */
export interface Entry {
  readonly share: Export;
  readonly handle: Buffer;
  readonly ino: bigint;
  readonly dev: bigint;
  readonly birthtimeNs: bigint;
  readonly isDirectory: boolean;
  /** Undefined for the root of its share. */
  parent: Entry | undefined;
  name: Name;
  /** Its place is not the one in its handle any more: only memory knows it. */
  isMoved: boolean;
  /** Entries in memory that have it as their parent. */
  children: number;
}

/** Linux's O_PATH: to look at it and to go on from it, whatever its mode. */
const openPath = 0o10_000_000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;
const maxEntries = 20_000;
const maxOpenDirectories = 256;
const maxNameBytes = 255;
/** Where a folder that was renamed on the host is looked for, in its parent. */
const maxSearched = 4096;

/**
 * What handles mean. A handle holds the inode's number and a hash of each name on the way to it: so the tree need not remember what
 * it handed out, and handles outlive the server.
 *
 * On Linux each step goes from a directory that is open (`/proc/self/fd`, proc(5)), so that nobody who changes the tree meanwhile
 * leads it out of its share.
 */
export class Tree {
  readonly #shares: () => readonly Export[];
  readonly #hasProc: boolean;
  readonly #directories = new HandlePool<Entry>(maxOpenDirectories);
  /** By handle; what was used last is the last. */
  readonly #entries = new Map<string, Entry>();
  readonly #byInode = new Map<string, Entry>();
  readonly #roots = new WeakMap<Export, { ino: bigint; dev: bigint }>();

  constructor(shares: () => readonly Export[], platform: string) {
    this.#shares = shares;
    this.#hasProc = platform === "linux";
  }

  /** The root of a share; NfsError `ENOENT` for what is none. */
  async root(path: string): Promise<Entry> {
    const share = this.#shares().find((one) => one.path === path);
    if (share === undefined) throw new NfsError("ENOENT");
    const stats = await lstatOf(rootPath(share));
    const { ino, dev } = stats;
    // A client that can rename things around a share must not have it mean something else.
    const pinned = this.#roots.get(share) ?? { ino, dev };
    this.#roots.set(share, pinned);
    if (pinned.ino !== ino || pinned.dev !== dev) throw new NfsError("ESTALE");
    return this.#remember(share, undefined, "", stats);
  }

  /** NfsError `ESTALE` when there is no such thing any more, `EBADHANDLE` for bytes that no server of these made. */
  async resolve(handle: Buffer): Promise<Entry> {
    const known = this.#entries.get(handle.toString("latin1"));
    if (known !== undefined && this.#shares().includes(known.share)) {
      this.#touch(known);
      return known;
    }
    const wanted = parseHandle(handle);
    const share = this.#shares().find(({ path }) => fitsHandle(path, wanted));
    if (share === undefined) throw new NfsError("ESTALE");
    const found = await this.#search(await this.root(share.path), wanted, wanted.steps);
    if (found === undefined) throw new NfsError("ESTALE");
    return found.handle.equals(handle) || found.children > 0 ? found : this.#adopt(found, handle);
  }

  /** A client has it by that handle, of the place where it was before. */
  #adopt(entry: Entry, handle: Buffer): Entry {
    this.forget(entry);
    const adopted = { ...entry, handle: Buffer.from(handle), isMoved: true };
    if (adopted.parent !== undefined) adopted.parent.children += 1;
    this.#entries.set(adopted.handle.toString("latin1"), adopted);
    this.#byInode.set(inodeKey(adopted), adopted);
    return adopted;
  }

  /** As lstat(2). NfsError `ESTALE` when something else is in its place. */
  async stat(entry: Entry): Promise<BigIntStats> {
    const stats = await this.#at(entry, lstatOf).catch(unlessGone);
    if (stats !== undefined && isSame(entry, stats)) return stats;
    const moved = await this.#findMoved(entry);
    if (moved !== undefined) return moved;
    this.forget(entry);
    throw new NfsError("ESTALE");
  }

  /** What is called `name` in a directory. `.` and `..` are names, too. */
  async child(directory: Entry, name: Name): Promise<{ entry: Entry; stats: BigIntStats }> {
    if (name === "." || name === "..") {
      const entry = name === "." ? directory : (directory.parent ?? directory);
      return { entry, stats: await this.stat(entry) };
    }
    const stats = await this.within(directory, name, lstatOf);
    return { entry: await this.know(directory, name, stats), stats };
  }

  /** `work` is given a path, for calls that do not follow a symbolic link at its end. */
  async within<T>(directory: Entry, name: Name, work: (path: Buffer) => Promise<T>): Promise<T> {
    checkName(name);
    return this.#inside(directory, (base) => work(bytesOf(`${base}/${name}`)));
  }

  async list(directory: Entry): Promise<Name[]> {
    return this.#inside(directory, async (base) => {
      const names = await readdir(bytesOf(`${base}/.`), { encoding: "buffer" });
      return names.map(nameOf);
    });
  }

  /** Opens what the entry is, not what has come into its place. */
  async open(entry: Entry, flags: number): Promise<FileHandle> {
    const opened = await this.#openThere(entry, flags);
    if (opened !== undefined) return opened;
    // Finds its other place, if it has one.
    await this.stat(entry);
    const again = await this.#openThere(entry, flags);
    if (again === undefined) throw new NfsError("ESTALE");
    return again;
  }

  async #openThere(entry: Entry, flags: number): Promise<FileHandle | undefined> {
    const file = await this.#at(entry, (path) => open(path, flags | O_NOFOLLOW)).catch(unlessGone);
    if (file === undefined) return undefined;
    try {
      if (isSame(entry, await file.stat({ bigint: true }))) return file;
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
    return undefined;
  }

  /** For calls that follow symbolic links: on Linux `path` is the very inode. */
  async pinned<T>(entry: Entry, work: (path: Buffer) => Promise<T>): Promise<T> {
    if (!this.#hasProc) return this.#at(entry, work);
    const file = await this.open(entry, openPath);
    try {
      return await work(Buffer.from(`/proc/self/fd/${file.fd}`));
    } finally {
      await file.close();
    }
  }

  /** The entry of what was found at a place. */
  async know(directory: Entry, name: Name, stats: BigIntStats): Promise<Entry> {
    const known = this.#byInode.get(inodeKey(stats));
    if (known?.share === directory.share && known.isDirectory === stats.isDirectory()) {
      if (known.parent === directory && known.name === name) {
        this.#touch(known);
        return known;
      }
      const there = await this.#at(known, lstatOf).catch(unlessGone);
      // Another name of the same file, which keeps its handle; or the only one, since it was moved.
      if (there !== undefined && isSame(known, there)) return known;
      if (isSame(known, stats)) {
        this.move(known, directory, name);
        return known;
      }
      this.forget(known);
    }
    return this.#remember(directory.share, directory, name, stats);
  }

  /** It has another place now. */
  move(entry: Entry, directory: Entry, name: Name): void {
    if (entry.parent !== undefined) entry.parent.children -= 1;
    directory.children += 1;
    entry.parent = directory;
    entry.name = name;
    entry.isMoved = true;
  }

  /** What is known by that name, if anything is. */
  recall(stats: BigIntStats): Entry | undefined {
    return this.#byInode.get(inodeKey(stats));
  }

  forget(entry: Entry): void {
    const key = entry.handle.toString("latin1");
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    if (this.#byInode.get(inodeKey(entry)) === entry) this.#byInode.delete(inodeKey(entry));
    if (entry.parent !== undefined) entry.parent.children -= 1;
    void this.#directories.drop(entry);
  }

  closeIdle(mark: number): Promise<number> {
    return this.#directories.closeIdle(mark);
  }

  close(): Promise<void> {
    return this.#directories.close();
  }

  async #at<T>(entry: Entry, work: (path: Buffer) => Promise<T>): Promise<T> {
    if (entry.parent === undefined) return work(rootPath(entry.share));
    return this.#inside(entry.parent, (base) => work(bytesOf(`${base}/${entry.name}`)));
  }

  async #inside<T>(directory: Entry, work: (base: Name) => Promise<T>): Promise<T> {
    if (!directory.isDirectory) throw new NfsError("ENOTDIR");
    if (!this.#hasProc) return work(await this.#pathOf(directory));
    return this.#directories.use(
      directory,
      () => this.open(directory, openPath | O_DIRECTORY),
      (file) => work(`/proc/self/fd/${file.fd}`),
    );
  }

  /** Where there is no /proc: checked, and then trusted for as long as the call takes. */
  async #pathOf(directory: Entry): Promise<Name> {
    if (directory.parent === undefined) return nameOf(rootPath(directory.share));
    const path = `${await this.#pathOf(directory.parent)}/${directory.name}`;
    if (!isSame(directory, await lstatOf(bytesOf(path)))) throw new NfsError("ESTALE");
    return path;
  }

  async #findMoved(entry: Entry): Promise<BigIntStats | undefined> {
    const { parent } = entry;
    if (parent === undefined) return undefined;
    const found = await this.#findInode(parent, (stats) => isSame(entry, stats));
    if (found === undefined) return undefined;
    entry.name = found.name;
    entry.isMoved = true;
    return found.stats;
  }

  /** Whatever it is called. */
  async #findInode(
    directory: Entry,
    isIt: (stats: BigIntStats) => boolean,
  ): Promise<{ name: Name; stats: BigIntStats } | undefined> {
    const names = await this.list(directory).catch(() => []);
    for (const name of names.slice(0, maxSearched)) {
      const stats = await this.within(directory, name, lstatOf).catch(() => undefined);
      if (stats !== undefined && isIt(stats)) return { name, stats };
    }
    return undefined;
  }

  async #search(directory: Entry, wanted: { ino: bigint; birth: number }, steps: Buffer): Promise<Entry | undefined> {
    const isIt = ({ ino, birthtimeNs }: Omit<Inode, "dev">): boolean =>
      ino === wanted.ino && birthOf(birthtimeNs) === wanted.birth;
    const [first] = steps;
    if (first === undefined) return isIt(directory) ? directory : undefined;
    const names = await this.list(directory).catch(() => []);
    for (const name of names) {
      if (step(name) !== first) continue;
      const stats = await this.within(directory, name, lstatOf).catch(() => undefined);
      if (stats === undefined) continue;
      if (steps.length === 1 ? !isIt(stats) : !stats.isDirectory()) continue;
      const entry = await this.know(directory, name, stats);
      const found = await this.#search(entry, wanted, steps.subarray(1));
      if (found !== undefined) return found;
    }
    if (steps.length > 1) return undefined;
    // It had another name when its handle was made.
    const renamed = await this.#findInode(directory, isIt);
    if (renamed === undefined) return undefined;
    return this.know(directory, renamed.name, renamed.stats);
  }

  #remember(share: Export, parent: Entry | undefined, name: Name, stats: BigIntStats): Entry {
    const handle = renderHandle(share.path, stats, namesTo(parent, name));
    const key = handle.toString("latin1");
    const known = this.#entries.get(key);
    const isKnown = known?.share === share && isSame(known, stats) && known.parent === parent;
    if (isKnown && known.isDirectory === stats.isDirectory()) return known;
    if (known !== undefined) this.forget(known);
    const { ino, dev, birthtimeNs } = stats;
    const isDirectory = stats.isDirectory();
    const entry = { share, handle, ino, dev, birthtimeNs, isDirectory, parent, name, isMoved: false, children: 0 };
    if (parent !== undefined) parent.children += 1;
    this.#entries.set(key, entry);
    this.#byInode.set(inodeKey(stats), entry);
    this.#shrink();
    return entry;
  }

  #touch(entry: Entry): void {
    const key = entry.handle.toString("latin1");
    if (!this.#entries.delete(key)) return;
    this.#entries.set(key, entry);
  }

  #shrink(): void {
    let tries = this.#entries.size - maxEntries;
    if (tries <= 0) return;
    for (const [, entry] of this.#entries) {
      // What it is the parent of is found through it.
      if (entry.children === 0 && !entry.isMoved) this.forget(entry);
      else this.#touch(entry);
      if (--tries < 0) return;
    }
  }
}

/** A symbolic link, if it is one, is the user's way to name the folder: it is followed. */
const rootPath = ({ folder }: Export): Buffer => Buffer.from(`${folder}/.`);

export async function lstatOf(path: Buffer): Promise<BigIntStats> {
  return lstat(path, { bigint: true });
}

function namesTo(parent: Entry | undefined, name: Name): Name[] {
  const names = parent === undefined ? [] : [name];
  for (let at = parent; at?.parent !== undefined; at = at.parent) names.unshift(at.name);
  return names;
}

function checkName(name: Name): void {
  if (name === "" || name === "." || name === "..") throw new NfsError("EINVAL");
  if (name.includes("/") || name.includes("\0")) throw new NfsError("EINVAL");
  if (name.length > maxNameBytes) throw new NfsError("ENAMETOOLONG");
}

const isSame = (entry: Inode, stats: Inode): boolean =>
  entry.ino === stats.ino && entry.dev === stats.dev && entry.birthtimeNs === stats.birthtimeNs;

/** What an error says that there is no such thing there, or another one. Others are passed on: a moment's trouble ends no file. */
function unlessGone(error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!["ENOENT", "ENOTDIR", "ELOOP", "ESTALE"].includes(code)) throw error;
}
const inodeKey = ({ ino, dev }: { ino: bigint; dev: bigint }): string => `${dev} ${ino}`;
