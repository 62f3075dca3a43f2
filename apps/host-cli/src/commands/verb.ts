import type { Host } from "../host.ts";
import type { Terminal } from "../ssh/terminal.ts";
import { defaultMachine } from "../machine-dir/dir.ts";
import type { Ui } from "../ui.ts";

export { defaultMachine };

/** What a verb works with, beside its own arguments. */
export interface Context {
  readonly host: Host;
  readonly ui: Ui;
  readonly terminal: Terminal;
  /** How the user calls this program, for what is shown as a command to type. */
  readonly programName: string;
  /** Process that started this one. */
  readonly parentPid: number;
  readonly signal: AbortSignal;
}

export interface OptionRow {
  /** As commander takes it: `-f, --force` is a switch, `--timeout <seconds>` takes a text. */
  readonly flags: string;
  readonly summary: string;
  /** Takes a text each time it is given. */
  readonly isRepeated?: true;
  /** Texts that it takes; any other one when absent. */
  readonly choices?: readonly string[];
}
export type OptionRows = Readonly<Record<string, OptionRow>>;

/** By the row's key, which is the long name in camel case. An option that was not given is not there. */
export type OptionValues<Rows extends OptionRows> = { readonly [Key in keyof Rows]?: ValueOf<Rows[Key]> };
type ValueOf<Row extends OptionRow> = string extends Row["flags"]
  ? string | true | readonly string[]
  : Row extends { readonly isRepeated: true }
    ? readonly string[]
    : Row["flags"] extends `${string}<${string}>`
      ? string
      : true;

export interface OperandRow {
  readonly name: string;
  readonly summary: string;
  /** Takes all that follow. */
  readonly isRepeated?: true;
  /** What there is to choose from, beside what else the operand may be. */
  readonly choices?: readonly string[];
}

export interface Input<Rows extends OptionRows> {
  readonly options: OptionValues<Rows>;
  readonly operands: readonly string[];
  /** `--` stood before the first operand. */
  readonly isAfterDashes: boolean;
}

/** A row of the table that the program, `--help` and docs/cli.md are made of. */
export interface Verb<Rows extends OptionRows = OptionRows> {
  readonly aliases: readonly string[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** What the lines on operands and options do not say. */
  readonly details?: string;
  readonly examples?: readonly string[];
  readonly operands: readonly OperandRow[];
  readonly options: Rows;
  readonly isHidden?: true;
  /** What follows the first operand is not read as options of this program. */
  readonly isPassingThrough?: true;
  /** The exit code; 0 when nothing is returned. Results go to `ui.result`, failures are thrown. */
  run(context: Context, input: Input<Rows>): Promise<number | undefined>;
}

/** Lets the type of `input.options` follow from the rows. */
export function verb<const Rows extends OptionRows>(row: Verb<Rows>): Verb<Rows> {
  return row;
}

export const machineOperand = { name: "NAME", summary: `the machine; ${defaultMachine} when not given` };

export const jsonOption = { json: { flags: "--json", summary: "print the result as JSON" } } as const;

export const formatOption = {
  format: {
    flags: "-f, --format <template>",
    summary: "what to print, for example {{.Name}}, of the fields of --json",
  },
} as const;

/** Options that every verb knows. */
export const commonOptions = {
  quiet: { flags: "-q, --quiet", summary: "no progress, no remarks; only results and errors" },
  verbose: { flags: "-v, --verbose", summary: "every step on its own line; errors with their origin" },
} as const satisfies OptionRows;
