import { usageError } from "../errors.ts";

/** What `--timeout` of a verb says, in ms. Throws UserError `usage` (exit 2). */
export function parseSeconds(verb: string, text: string | undefined, otherwiseMs: number): number {
  if (text === undefined) return otherwiseMs;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1000;
  throw usageError(
    `--timeout ${text}: expected a whole number of seconds from 1`,
    `For example: boot2docker ${verb} --timeout 60`,
  );
}
