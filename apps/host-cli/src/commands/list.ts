import { usageError } from "../errors.ts";
import { renderTemplate } from "../ui/template.ts";
import { type MachineRow, readRows } from "./machine-rows.ts";
import { parseSeconds } from "./seconds.ts";
import type { Ui } from "../ui.ts";
import { formatOption, jsonOption, verb } from "./verb.ts";

const defaultTimeoutMs = 10_000;

export const list = verb({
  aliases: ["ls"],
  summary: "list all machines",
  details:
    "ACTIVE is marked where a docker client that is started here and now goes. All machines are asked at once; one that does not answer is listed with the state timeout.",
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
      summary: "those with state=STATE, or whose name matches name=PATTERN; may be given again",
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
    if (options.json) ui.json({ machines: rows });
    else if (options.format !== undefined)
      for (const row of rows) ui.result(renderTemplate(options.format, { ...columns, ...row }));
    else if (options.quiet) for (const { name } of rows) ui.result(name);
    else showTable(ui, rows.map(cells));
  },
});

/** Columns that nothing is in only take room. */
function showTable(ui: Ui, rows: readonly (readonly string[])[]): void {
  const head = ["NAME", "ACTIVE", "STATE", "CPUS", "MEMORY", "DISK", "DOCKER", "URL", "PROBLEMS"];
  const isShown = head.map((_, column) => rows.length === 0 || rows.some((row) => row[column] !== ""));
  const shown = (row: readonly string[]): string[] => row.filter((_, column) => isShown[column]);
  ui.table(shown(head), rows.map(shown));
}

/** So that a field which one machine lacks is known all the same. */
const columns = { cpus: "", memory: "", diskSize: "", url: "", socket: "", engineVersion: "" };

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
    problems.join("; "),
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
    return { key, matches: ({ state }) => state === wanted };
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
