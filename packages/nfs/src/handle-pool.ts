import type { FileHandle } from "node:fs/promises";

interface Pooled {
  opened: Promise<FileHandle>;
  users: number;
  /** Of the pool's count of uses. */
  lastUse: number;
  /** To be closed as soon as nobody uses it. */
  isDropped: boolean;
}

/** Files that stay open for a while, for whoever needs them next. */
export class HandlePool<Key> {
  readonly #limit: number;
  /** What was used last is the last. */
  readonly #pooled = new Map<Key, Pooled>();
  #uses = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Opens it with `open` if it is not, and closes it when it has not been used for long, or on `drop`. */
  async use<T>(key: Key, open: () => Promise<FileHandle>, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const known = this.#pooled.get(key);
    const pooled = known ?? { opened: open(), users: 0, lastUse: 0, isDropped: false };
    pooled.users += 1;
    pooled.lastUse = this.#uses += 1;
    if (known !== undefined) this.#pooled.delete(key);
    this.#pooled.set(key, pooled);
    try {
      return await work(await pooled.opened);
    } catch (error) {
      // What could not be opened is tried again by the next one.
      if (this.#pooled.get(key) === pooled && (await isRejected(pooled.opened))) this.#pooled.delete(key);
      throw error;
    } finally {
      pooled.users -= 1;
      if (pooled.isDropped) await closeUnused(pooled);
      else await this.#shrink(this.#limit);
    }
  }

  /** In the place of what is there: it is the pool's from now on. */
  async put(key: Key, file: FileHandle): Promise<void> {
    await this.drop(key);
    // What came meanwhile is somebody else's opening of the same thing, which serves as well.
    if (this.#pooled.has(key)) return file.close();
    this.#pooled.set(key, { opened: Promise.resolve(file), users: 0, lastUse: (this.#uses += 1), isDropped: false });
    await this.#shrink(this.#limit);
  }

  async drop(key: Key): Promise<void> {
    const pooled = this.#pooled.get(key);
    if (pooled === undefined) return;
    this.#pooled.delete(key);
    pooled.isDropped = true;
    await closeUnused(pooled);
  }

  /** Closes what was not used since the mark that the last call of this returned. */
  async closeIdle(mark: number): Promise<number> {
    for (const [key, { lastUse }] of this.#pooled) if (lastUse <= mark) await this.drop(key);
    return this.#uses;
  }

  async close(): Promise<void> {
    for (const key of [...this.#pooled.keys()]) await this.drop(key);
  }

  async #shrink(limit: number): Promise<void> {
    if (this.#pooled.size <= limit) return;
    for (const [key, { users }] of this.#pooled) {
      if (this.#pooled.size <= limit) return;
      if (users === 0) await this.drop(key);
    }
  }
}

async function closeUnused({ opened, users }: Pooled): Promise<void> {
  if (users > 0) return;
  const file = await opened.catch(() => undefined); // Whoever asked for it has been told.
  await file?.close();
}

async function isRejected(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}
