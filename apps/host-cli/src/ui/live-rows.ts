import type { Progress } from "../machine/machine.ts";
import { renderSeconds } from "./plain-rows.ts";
import type { Style } from "./style.ts";

export interface LiveRowsOptions {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly monotonicMs: () => number;
  /** Calls `work` again and again; returns what ends it. */
  readonly every: (ms: number, work: () => void) => () => void;
  readonly style: Style;
}

export interface LiveRows {
  progress: Progress;
  /** Takes the live lines away while `work` writes, so that what it writes stays above them. */
  above(work: () => void): void;
}

interface Row {
  name: string;
  startedAt: number;
  limitMs: number | undefined;
  detail: string;
}

const frameMs = 100;

/** One line per row that is going on, redrawn in place at the end of the screen; a row that ended stays above. */
export function liveRows({ write, columns, monotonicMs, every, style }: LiveRowsOptions): LiveRows {
  const going = new Set<Row>();
  let drawnLines = 0;
  let frame = 0;
  let stopTicking: (() => void) | undefined;

  const erase = (): string => {
    if (drawnLines === 0) return "";
    return `\r${drawnLines > 1 ? `\x1b[${drawnLines - 1}A` : ""}\x1b[J`;
  };
  const drawing = (): string => {
    const lines = [...going].map((row) => renderGoing(row));
    drawnLines = lines.length;
    return lines.join("\n");
  };
  const renderGoing = ({ name, startedAt, limitMs, detail }: Row): string => {
    const seconds = Math.floor((monotonicMs() - startedAt) / 1000);
    const limit = limitMs === undefined ? "" : ` of ${limitMs / 1000}`;
    const mark = style.spinner[frame % style.spinner.length] ?? "";
    const rest = `  ${seconds}${limit} s${detail === "" ? "" : `  ${detail}`}`;
    // A line that wraps could not be taken away again. Two columns are the mark, one stays free.
    const room = Math.max(columns() - 3, 0);
    const text = name.slice(0, room);
    return `${mark} ${text}${style.dim(rest.slice(0, room - text.length))}`;
  };
  const tick = (): void => {
    frame += 1;
    write(erase() + drawing());
  };
  const end = (row: Row, mark: string, detail: string): void => {
    if (!going.delete(row)) return;
    const took = renderSeconds(monotonicMs() - row.startedAt);
    const line = `${mark} ${row.name}  ${style.dim(`${took}${detail === "" ? "" : `  ${detail}`}`)}\n`;
    write(erase() + line + drawing());
    if (going.size > 0) return;
    stopTicking?.();
    stopTicking = undefined;
  };

  return {
    progress: {
      begin(name, limitMs) {
        const row: Row = { name, startedAt: monotonicMs(), limitMs, detail: "" };
        going.add(row);
        write(erase() + drawing());
        stopTicking ??= every(frameMs, tick);
        return {
          update: (detail) => {
            row.detail = detail;
          },
          done: (detail = "") => end(row, style.done, detail),
          // Why is in the error, which comes right below.
          fail: () => end(row, style.failed, ""),
        };
      },
    },
    above(work) {
      write(erase());
      drawnLines = 0;
      work();
      write(drawing());
    },
  };
}
