import type { Progress } from "./machine/machine.ts";
import { asTyped } from "./hint-commands.ts";
import { liveRows, type LiveRows } from "./ui/live-rows.ts";
import { noRows, plainRows } from "./ui/plain-rows.ts";
import type { Style } from "./ui/style.ts";
import { renderJson } from "./ui/json.ts";
import { renderTable } from "./ui/table.ts";

/** What a command says. Results are for programs too, all else is for people. */
export interface Ui {
  /** To stdout, with a line end. */
  result(text: string): void;
  /** To stdout, in one line, with the number of the form: fields are added to it, and none is changed or taken away. */
  json(value: object): void;
  /** To stdout; on a terminal no wider than that. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** To stdout as it is. */
  raw(text: string): void;
  /** A remark to stderr, with a line end; not with -q, nor for a program that reads JSON. */
  say(text: string): void;
  /** Results are read by somebody, not by a program. */
  readonly isTerminal: boolean;
  readonly progress: Progress;
  /** Undefined where nobody could answer. Anything but yes is no. */
  confirm(question: string, signal: AbortSignal): Promise<boolean | undefined>;
}

/** One stream that text is written to. */
export interface Screen {
  write(text: string): void;
  readonly isTerminal: boolean;
  columns(): number;
}

export interface UiOptions {
  out: Screen;
  err: Screen;
  isQuiet: boolean;
  isVerbose: boolean;
  /** Then progress is for a terminal only: a program that asked for JSON reads stderr for one error. */
  isJson: boolean;
  /** False for a terminal that can't move its cursor. */
  canRedraw: boolean;
  style: Style;
  /** How the user calls this program. */
  programName: string;
  readonly monotonicMs: () => number;
  /** Calls `work` again and again; returns what ends it. */
  readonly every: (ms: number, work: () => void) => () => void;
  /** Absent where nobody could answer. */
  ask?: (question: string, signal: AbortSignal) => Promise<string>;
}

export function openUi(options: UiOptions): Ui {
  const { out, err, ask, isQuiet, isVerbose, isJson, monotonicMs } = options;
  const isLive = err.isTerminal && options.canRedraw && !isVerbose && !isQuiet;
  const rows: LiveRows = isLive
    ? liveRows({ ...options, write: (text) => err.write(text), columns: () => err.columns() })
    : { progress: noRows, above: (work) => work() };
  const isSilent = isQuiet || (isJson && !err.isTerminal);
  const write = (text: string): void => err.write(text);
  const plain = isSilent ? noRows : plainRows({ write, monotonicMs, isVerbose });
  return {
    result: (text) => rows.above(() => out.write(`${text}\n`)),
    json: (value) => rows.above(() => out.write(`${renderJson(value)}\n`)),
    table(head, body) {
      const lines = renderTable(head, body, out.isTerminal ? out.columns() : Infinity);
      rows.above(() => out.write(`${lines.join("\n")}\n`));
    },
    get isTerminal() {
      return out.isTerminal;
    },
    raw: (text) => rows.above(() => out.write(text)),
    say(text) {
      if (!isSilent) rows.above(() => err.write(`${asTyped(text, options.programName)}\n`));
    },
    progress: isLive ? rows.progress : plain,
    async confirm(question, signal) {
      if (ask === undefined) return undefined;
      return /^y(es)?$/i.test((await ask(`${question} [y/N] `, signal)).trim());
    },
  };
}
