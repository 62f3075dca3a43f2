import { DatabaseSync } from "node:sqlite";
import { chmodSync } from "node:fs";
import type { Lock } from "../host.ts";

/**
 * Node has no flock(2), and a file of process numbers can be left behind, or taken over by two at once. SQLite takes
 * the system's own file lock (fcntl, or LockFileEx on Windows), which ends with the process: no data is ever in it.
 */
export function tryLock(path: string): Promise<Lock | undefined> {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE"); // No journal file beside it.
  } catch (error) {
    database.close();
    if (isBusy(error)) return Promise.resolve(undefined);
    throw error;
  }
  return Promise.resolve({
    [Symbol.asyncDispose]: () => {
      if (database.isOpen) database.close();
      return Promise.resolve();
    },
  });
}

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}
