import type { Progress } from "../machine/machine.ts";

export interface PlainRowsOptions {
  readonly write: (text: string) => void;
  readonly monotonicMs: () => number;
  /** Also what a row says while it lasts. */
  readonly isVerbose: boolean;
}

/** Two lines per row, for logs and pipes: nothing is ever taken back. */
export function plainRows({ write, monotonicMs, isVerbose }: PlainRowsOptions): Progress {
  return {
    begin(name, limitMs) {
      const startedAt = monotonicMs();
      const seconds = () => renderSeconds(monotonicMs() - startedAt);
      let lastDetail = "";
      write(`${name}${limitMs === undefined ? "" : ` (up to ${limitMs / 1000} s)`} ...\n`);
      return {
        update(detail) {
          if (isVerbose && detail !== lastDetail) write(`${name}: ${detail}\n`);
          lastDetail = detail;
        },
        done: (detail) => write(`${name}: done in ${seconds()}${inBrackets(detail)}\n`),
        fail: (detail) => write(`${name}: failed after ${seconds()}${isVerbose ? inBrackets(detail) : ""}\n`),
      };
    },
  };
}

/** For -q. */
export const noRows: Progress = {
  begin: () => ({ update: () => undefined, done: () => undefined, fail: () => undefined }),
};

export function renderSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function inBrackets(detail: string | undefined): string {
  return detail === undefined || detail === "" ? "" : ` (${detail})`;
}
