import { DatabaseSync } from "node:sqlite";
import { chmodSync } from "node:fs";
import { UserError } from "../errors.ts";
import type { Lock } from "../host.ts";

/**
 * Node has no flock(2), and a file of process numbers can be left behind, or taken over by two at once. SQLite takes
 * the system's own file lock (fcntl, or LockFileEx on Windows), which ends with the process: no data is ever in it.
 */
export function tryLock(path: string): Promise<Lock | undefined> {
  const database = openLockFile(path);
  try {
    chmodSync(path, 0o600);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE"); // No journal file beside it.
  } catch (error) {
    database.close();
    if (isBusy(error)) return Promise.resolve(undefined);
    throw lockFailed(path, error);
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

function openLockFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw lockFailed(path, error);
  }
}

function lockFailed(path: string, cause: unknown): UserError {
  return new UserError(`cannot lock ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    code: "lock-failed",
    hint: "Is the directory yours to write, and on a file system that has locks? BOOT2DOCKER_DIR moves it.",
    cause,
  });
}
