/**
 * Recorded sessions, as each released version of the protocol leaves them in `fixtures/v<N>/*.jsonl`: one JSON value
 * per line, first the header, then what happened in its order.
 */
export type EndName = "guest" | "host" | "client" | "agent";

export interface TranscriptHeader {
  about: string;
  /** The one that starts the talk comes first. */
  ends: readonly [EndName, EndName];
}

export type TranscriptLine =
  /** The end opens its channel: it reads what is there already, and may speak. */
  | { open: EndName }
  /** One write. `latin1` has a character for each byte. */
  | { from: EndName; latin1: string }
  /** Bytes that neither end wrote: of an earlier process, or noise. */
  | { to: EndName; latin1: string }
  | { clock: EndName; advanceMs: number }
  /** The end's session is over, or never began. The message is for the reader. */
  | { end: EndName; code: number; message: string };

export interface Transcript {
  header: TranscriptHeader;
  lines: TranscriptLine[];
}

export function renderTranscript({ header, lines }: Transcript): string {
  return [header, ...lines].map((line) => `${asciiJson(line)}\n`).join("");
}

export function parseTranscript(text: string): Transcript {
  // Written by `renderTranscript`, kept in the repository: a damaged one fails the replay.
  const [header, ...lines] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  return { header: header as TranscriptHeader, lines: lines as TranscriptLine[] };
}

/** Only ASCII, so that no editor takes a byte for a character. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
