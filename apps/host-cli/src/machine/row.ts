import type { Progress } from "./machine.ts";

/** One row of the progress for one piece of work; a text that the work returns is its last word. */
export async function inRow<T>(
  progress: Progress,
  name: string,
  work: (update: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const row = progress.begin(name);
  try {
    const detail = await work((text) => row.update(text));
    row.done(typeof detail === "string" ? detail : undefined);
    return detail;
  } catch (error) {
    row.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
