import type { Readable, Writable } from "node:stream";

/** The three streams of a process, and what the terminal behind them can do. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Somebody types and reads: input and output are both a terminal. */
  readonly isInteractive: boolean;
  /** For example `xterm-256color`. */
  readonly type: string;
  size(): { rows: number; columns: number };
  /** Returns what ends the listening. */
  onResize(listener: () => void): () => void;
  /** Raw: each key is passed on as it is, Ctrl-C too. */
  setRaw(isRaw: boolean): void;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    stdin,
    stdout,
    stderr,
    isInteractive: stdin.isTTY && stdout.isTTY,
    type: process.env["TERM"] ?? "xterm",
    size: () => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 }), // One that was not told its size has 0.
    onResize: (listener) => {
      stdout.on("resize", listener);
      return () => void stdout.off("resize", listener);
    },
    setRaw: (isRaw) => {
      if (stdin.isTTY) stdin.setRawMode(isRaw);
    },
  };
}
