import type { Clock } from "../host.ts";
import { awaitReturn } from "./agent-line.ts";
import type { LogSource } from "./log-source.ts";

export interface FollowOptions {
  /** The last so many; all when not given. */
  lines?: number | undefined;
  /** Goes on until `signal` aborts, or the guest whose log it is has gone. */
  isFollowing: boolean;
}

const firstTailBytes = 16 * 1024;
const pollMs = 500;

/** The texts of a log in order. */
export async function* followLog(
  source: LogSource,
  { lines, isFollowing }: FollowOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let offset = 0;
  if (lines !== undefined) {
    const tail = await readTail(source, lines, signal);
    if (tail.text !== "") yield tail.text;
    offset = tail.nextOffset;
  }
  for (;;) {
    try {
      const { text, nextOffset } = await source.read(offset, signal);
      offset = nextOffset;
      if (text !== "") yield text;
      else if (isFollowing) await clock.delay(pollMs, signal);
      else return;
    } catch (error) {
      if (!isFollowing || !canReturn(source)) throw error;
      if (!(await awaitReturn(error, source, clock, signal))) return;
    }
  }
}

const canReturn = (source: LogSource): source is LogSource & Required<Pick<LogSource, "isOn">> =>
  source.isOn !== undefined;

/** Looks back further and further until there are enough lines. */
async function readTail(
  source: LogSource,
  lines: number,
  signal: AbortSignal,
): Promise<{ text: string; nextOffset: number }> {
  for (let bytes = firstTailBytes; ; bytes *= 4) {
    const end = await readToEnd(source, -bytes, signal);
    const tail = lastLines(end.text, lines);
    // `nextOffset` is the size of the log by now.
    if (tail.length < end.text.length || bytes >= end.nextOffset) return { text: tail, nextOffset: end.nextOffset };
  }
}

async function readToEnd(
  source: LogSource,
  from: number,
  signal: AbortSignal,
): Promise<{ text: string; nextOffset: number }> {
  let all = "";
  for (let offset = from; ;) {
    const { text, nextOffset } = await source.read(offset, signal);
    if (text === "") return { text: all, nextOffset };
    all += text;
    offset = nextOffset;
  }
}

/** A last line without its end counts. */
export function lastLines(text: string, count: number): string {
  let start = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let found = 0; found < count; found += 1) {
    if (start <= 0) return text;
    start = text.lastIndexOf("\n", start - 1);
    if (start === -1) return text;
  }
  return text.slice(start + 1);
}
