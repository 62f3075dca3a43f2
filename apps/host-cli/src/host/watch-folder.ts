import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Watch } from "../host.ts";

/** Large, and not what people edit. */
const leftOut = ["node_modules", ".git"];
/** Each is one of the watches that the kernel gives to a user, and of them others want some too: inotify(7). */
const mostFoldersOnLinux = 4096;

/** As Files' `watch`. */
export async function watchFolder(
  folder: string,
  onChange: (path: string) => void,
  onMissed: (reason: string) => void,
  mostFolders = mostFoldersOnLinux,
): Promise<Watch> {
  if (process.platform === "linux") {
    const tree = new WatchedTree(onChange, onMissed, mostFolders);
    await tree.open(folder);
    return tree;
  }
  // One watch of the system's has all that is below.
  const watcher = watch(folder, { recursive: true }, (_, name) => {
    if (name !== null && !name.split(sep).some((part) => leftOut.includes(part))) onChange(join(folder, name));
  });
  watcher.on("error", (error) => onMissed(error.message));
  return { close: () => watcher.close() };
}

/** Node's own would have a watch for each file, too. */
class WatchedTree implements Watch {
  readonly #onChange: (path: string) => void;
  readonly #onMissed: (reason: string) => void;
  readonly #mostFolders: number;
  readonly #folders = new Map<string, FSWatcher>();
  #isClosed = false;
  #isIncomplete = false;

  constructor(onChange: (path: string) => void, onMissed: (reason: string) => void, mostFolders: number) {
    this.#onChange = onChange;
    this.#onMissed = onMissed;
    this.#mostFolders = mostFolders;
  }

  async open(folder: string): Promise<void> {
    this.#watch(folder);
    await this.#openBelow(folder, () => undefined);
  }

  close(): void {
    this.#isClosed = true;
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Fails when the folder can't be watched. */
  #watch(folder: string): void {
    const watcher = watch(folder, (kind, name) => {
      if (name !== null) void this.#changed(folder, join(folder, name), kind === "rename");
    });
    watcher.on("error", () => this.#forget(folder));
    this.#folders.set(folder, watcher);
  }

  async #openBelow(folder: string, onEntry: (path: string) => void): Promise<void> {
    // What is gone again is not there to be watched.
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      onEntry(path);
      if (entry.isDirectory()) await this.#add(path, onEntry);
    }
  }

  async #add(folder: string, onEntry: (path: string) => void): Promise<void> {
    const name = folder.slice(folder.lastIndexOf(sep) + 1);
    if (this.#isClosed || leftOut.includes(name) || this.#folders.has(folder)) return;
    if (this.#folders.size >= this.#mostFolders) {
      this.#miss(`it has more than ${this.#mostFolders} folders`);
      return;
    }
    try {
      this.#watch(folder);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "ENOENT") return;
      this.#miss(code === "ENOSPC" ? "this user has no more watches: fs.inotify.max_user_watches" : String(error));
      return;
    }
    await this.#openBelow(folder, onEntry);
  }

  async #changed(folder: string, path: string, isRename: boolean): Promise<void> {
    if (isRename) this.#onChange(folder);
    this.#onChange(path);
    if (!isRename || this.#isClosed) return;
    const facts = await lstat(path).catch(() => undefined);
    if (facts?.isDirectory() === true) {
      // Under this name there may have been another.
      this.#forget(path);
      // What was put into it before it was watched nobody else tells of.
      await this.#add(path, this.#onChange);
    } else this.#forget(path);
  }

  /** With all below it. */
  #forget(folder: string): void {
    if (!this.#folders.has(folder)) return;
    for (const [path, watcher] of this.#folders) {
      if (path !== folder && !path.startsWith(`${folder}${sep}`)) continue;
      watcher.close();
      this.#folders.delete(path);
    }
  }

  #miss(reason: string): void {
    if (this.#isIncomplete) return;
    this.#isIncomplete = true;
    this.#onMissed(reason);
  }
}
