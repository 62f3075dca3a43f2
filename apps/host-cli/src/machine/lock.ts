import { UserError } from "../errors.ts";
import type { Host, Lock } from "../host.ts";
import type { Progress } from "./machine.ts";

const limitMs = 5 * 60_000;
const pollMs = 100;

/** What holds a lock while it works; `what` is named to those who wait. */
export interface LockOptions {
  path: string;
  what: string;
  progress: Progress;
  signal: AbortSignal;
}

/** Waits for other commands and says so only when it has to. Throws UserError `busy`. */
export async function withLock<T>(host: Host, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(host, options);
  try {
    return await work();
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

async function takeLock(host: Host, { path, what, progress, signal }: LockOptions): Promise<Lock> {
  const first = await host.files.tryLock(path);
  if (first !== undefined) return first;
  const row = progress.begin(`another command to be done with ${what}`, limitMs);
  const limit = host.clock.deadline(limitMs, signal);
  try {
    for (;;) {
      await host.clock.delay(pollMs, limit);
      const lock = await host.files.tryLock(path);
      if (lock === undefined) continue;
      row.done();
      return lock;
    }
  } catch (error) {
    row.fail("still busy");
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`another command has been busy with ${what} for ${limitMs / 60_000} minutes`, {
      code: "busy",
      hint: "Let it finish, or end it: what it began is then repaired by the next command.",
      cause: error,
    });
  }
}
