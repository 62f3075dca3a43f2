import { usageError } from "../errors.ts";
import { renderColumns, renderTemplate } from "../ui/template.ts";
import { type MachineRow, readRows } from "./machine-rows.ts";
import { parseSeconds } from "./seconds.ts";
import type { Ui } from "../ui.ts";
import { formatOption, jsonOption, verb } from "./verb.ts";

const defaultTimeoutMs = 10_000;

export const list = verb({
  aliases: ["ls"],
  summary: "list all machines",
  details:
    "ACTIVE is marked where a docker client that is started here and now goes. All machines are asked at once; one that does not answer is listed with the state timeout. " +
    "Where the output is no terminal every column is there, with - where nothing is in it.",
  examples: [
    "boot2docker list",
    "boot2docker ls -q --filter state=running",
    "boot2docker ls --format '{{.Name}} {{.Url}}'",
  ],
  operands: [],
  options: {
    quiet: { flags: "-q, --quiet", summary: "names only" },
    filter: {
      flags: "--filter <key=value>",
      summary:
        "those with state=STATE (degraded ones are running, too), or whose name matches name=PATTERN; may be given again",
      isRepeated: true,
    },
    timeout: {
      flags: "-t, --timeout <seconds>",
      summary: `how long to wait for each; ${defaultTimeoutMs / 1000} when not given`,
    },
    ...formatOption,
    ...jsonOption,
  },
  async run(context, { options }) {
    const { ui } = context;
    const filters = (options.filter ?? []).map(parseFilter);
    const limitMs = parseSeconds("list", options.timeout, defaultTimeoutMs);
    const all = await readRows(context, limitMs);
    const rows = all.filter((row) =>
      filters.every(({ key }) => filters.some((one) => one.key === key && one.matches(row))),
    );
    if (options.json && options.format !== undefined)
      throw usageError("list --json --format: which?", "Leave one out.");
    if (options.json) ui.json({ machines: rows });
    else if (options.format !== undefined) showFormat(ui, options.format, rows);
    else if (options.quiet) for (const { name } of rows) ui.result(name);
    else {
      showTable(ui, rows.map(cells));
      if (all.length === 0) ui.say("there is no machine yet: boot2docker up makes one");
      else if (rows.length === 0) ui.say(`none of ${all.length} is so`);
    }
  },
});

/** For somebody who reads, columns that nothing is in only take room. A program counts them, and words. */
function showTable(ui: Ui, rows: readonly (readonly string[])[]): void {
  const head = ["NAME", "ACTIVE", "STATE", "CPUS", "MEMORY", "DISK", "DOCKER", "URL", "PROBLEMS"];
  if (!ui.isTerminal) {
    ui.table(
      head,
      rows.map((row) => row.map((cell) => (cell === "" ? "-" : cell))),
    );
    return;
  }
  const isShown = head.map((_, column) => rows.length === 0 || rows.some((row) => row[column] !== ""));
  const shown = (row: readonly string[]): string[] => row.filter((_, column) => isShown[column]);
  ui.table(shown(head), rows.map(shown));
}

function showFormat(ui: Ui, format: string, rows: readonly MachineRow[]): void {
  const others = rows.map(otherFields);
  const columns = renderColumns(format, rows, others);
  if (columns !== undefined) ui.table(columns.head, columns.rows);
  else for (const [index, row] of rows.entries()) ui.result(renderTemplate(format, row, others[index]));
}

/** What one machine lacks is known all the same. docker-machine had the last two. */
function otherFields({ isActive, engineVersion = "" }: MachineRow): object {
  const empty = { cpus: "", memory: "", diskSize: "", url: "", socket: "", engineVersion: "" };
  return { ...empty, active: isActive ? "*" : "-", dockerVersion: engineVersion };
}

function cells({ name, isActive, state, problems, ...row }: MachineRow): string[] {
  const { cpus, memory = "", diskSize = "", engineVersion = "", url = "" } = row;
  return [
    name,
    isActive ? "*" : "",
    state,
    String(cpus ?? ""),
    memory,
    diskSize,
    engineVersion,
    url,
    problems.join("; ").replaceAll(/\s+/g, " "),
  ];
}

/** All that there are. */
const isState = {
  stopped: true,
  starting: true,
  running: true,
  degraded: true,
  stopping: true,
  unreachable: true,
  timeout: true,
  unreadable: true,
  absent: true,
} satisfies Record<MachineRow["state"], true>;
const states = Object.keys(isState);

interface Filter {
  key: "name" | "state";
  matches: (row: MachineRow) => boolean;
}

/** Those of one key are alternatives, as Docker has it. */
function parseFilter(text: string): Filter {
  const [, key, value = ""] = /^(name|state)=(.+)$/s.exec(text) ?? [];
  if (key === "state") {
    const wanted = states.find((state) => state === value.toLowerCase());
    if (wanted === undefined)
      throw usageError(`--filter ${text}: there is no such state`, `There are ${states.join(", ")}.`);
    // One that is degraded runs, with something to be said about it.
    const isRunning = (state: MachineRow["state"]): boolean => wanted === "running" && state === "degraded";
    return { key, matches: ({ state }) => state === wanted || isRunning(state) };
  }
  if (key === "name") {
    const pattern = parsePattern(value);
    if (pattern !== undefined) return { key, matches: ({ name }) => pattern.test(name) };
  }
  throw usageError(
    `--filter ${text}: expected state=STATE or name=PATTERN`,
    "PATTERN is a regular expression, such as ^work.",
  );
}

function parsePattern(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}
