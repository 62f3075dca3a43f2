import { LOG_DIR, RUN_DIR } from "./paths.ts";
import type { System } from "./system.ts";

const INTERVAL_MS = 60_000;
const LARGEST_LOG_BYTES = 10 * 1024 * 1024;

/** Keeps each log at two files of ten MiB: the daemons append to theirs, so it is copied away and emptied in place. */
export async function rotateLogs({ files }: System): Promise<void> {
  for (const directory of [LOG_DIR, RUN_DIR]) {
    for (const name of await files.list(directory)) {
      const path = `${directory}/${name}`;
      if (!name.endsWith(".log")) continue;
      if (((await files.stat(path))?.sizeBytes ?? 0) > LARGEST_LOG_BYTES) await files.rotate(path, `${path}.1`);
    }
  }
}

/** Ends only with `signal`. */
export async function rotateForever(
  system: System,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await rotateLogs(system).catch(failed);
    await system.clock.wait(INTERVAL_MS, signal).catch(() => undefined); // told to end
  }
}
