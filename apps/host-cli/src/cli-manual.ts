import { oldVariables, refusedOptions, refusedVerbOptions, refusedVerbs } from "./ancestors.ts";
import { describeVerb } from "./cli.ts";
import { verbs } from "./commands/table.ts";
import { commonOptions, defaultMachine, type OptionRows, type Verb } from "./commands/verb.ts";
import { exitCodes } from "./errors.ts";
import { rootFiles } from "./machine-dir/files.ts";
import { settingNames, settings } from "./settings.ts";

const exitCodeMeanings: Record<keyof typeof exitCodes, string> = {
  failed: "it failed; the reason is on stderr",
  usage: "the command line or the configuration can't be used; nothing was done",
  notRunning: "the machine does not run, or there is none of that name",
  interrupted: "ended by Ctrl-C or a signal",
  connection: "`ssh` and `cp` alone: the connection failed. The other codes of `ssh` are the command's",
};

const defaultsFile = rootFiles.defaults.path;

/** Text of docs/cli.md, in Markdown. */
export function renderManual(): string {
  const shown = Object.entries<Verb>(verbs).filter(([, row]) => row.isHidden !== true);
  return [
    "<!-- Made of the command table by cli-manual.ts: change that, then run its test with --update. -->",
    "# The command line",
    `Every verb takes the name of a machine; without one it is \`${defaultMachine}\`. Results go to stdout, progress, remarks and ` +
      "errors to stderr. With `--json` the result is one JSON object (docs/json.md has an example of each), and so is an error: one line on " +
      'stderr, `{"formatVersion": 1, "error": {"code", "message", "hint"}}`, whose `code` stays the same from version to version. ' +
      "`NO_COLOR` is obeyed.",
    "Options of every verb:",
    renderOptions(commonOptions),
    ...shown.flatMap(([name, row]) => renderVerb(name, row)),
    "## Settings of a new machine",
    "An option comes before its environment variable, that before the user's defaults, and these before what is built in. " +
      `The defaults are in \`${defaultsFile}\` in the root directory, an object of the names given here, such as ` +
      '`{"memory": "4g", "cpus": 2}`. A size without a unit is in MiB. All problems are reported at once.',
    list(settingNames.map(renderSetting)),
    "## Other environment variables",
    list([
      "`BOOT2DOCKER_DIR`: the root directory, where everything is kept; `~/.boot2docker` when not set",
      "`BOOT2DOCKER_IMAGE_DIR`: where the image's files are; beside the program when not set",
      "`BOOT2DOCKER_ACCELERATOR`: kvm, hvf, whpx or tcg, without a trial; the fastest that works when not set",
    ]),
    "## What boot2docker-cli and docker-machine had",
    "Their verbs and options are here under their names, but for these, which say so when they are called:",
    list(
      Object.entries({ ...refusedVerbs, ...refusedVerbOptions, ...refusedOptions }).map(
        ([name, { why, instead }]) => `\`${name}\`: ${why}. ${instead}`,
      ),
    ),
    "These variables of theirs are not read, nor is the file `profile` in the root directory; `init` says so where there are any:",
    list(Object.entries(oldVariables).map(([name, now]) => `\`${name}\`: ${now}`)),
    "## Exit codes",
    list([
      "`0`: done",
      ...Object.entries(exitCodes).map(
        ([name, code]) => `\`${code}\`: ${exitCodeMeanings[name as keyof typeof exitCodes]}`,
      ), // Object.entries forgets the type.
    ]),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function renderVerb(name: string, row: Verb): string[] {
  const operands = row.operands.map(({ name: operand, isRepeated }) => `[${operand}${isRepeated ? "..." : ""}]`);
  const options = Object.keys(row.options).length === 0 ? [] : [renderOptions(row.options)];
  const explained = row.operands.filter(({ name: operand }) => operand !== "NAME");
  return [
    `## ${name}`,
    code([["boot2docker", name, "[options]", ...operands].join(" ")]),
    ...describeVerb(row),
    ...(explained.length === 0
      ? []
      : [list(explained.map(({ name: operand, summary }) => `\`${operand}\`: ${summary}`))]),
    ...options,
    ...(row.examples === undefined ? [] : ["For example:", code(row.examples)]),
  ];
}

function renderOptions(rows: OptionRows): string {
  return list(Object.values(rows).map(({ flags, summary }) => `\`${flags}\`: ${summary}`));
}

function renderSetting(name: (typeof settingNames)[number]): string {
  const { flags, variable, summary, isInDefaultsFile } = settings[name];
  return (
    [`\`${flags}\``, `\`${variable}\``, ...(isInDefaultsFile ? [`\`${name}\` in \`${defaultsFile}\``] : [])].join(
      ", ",
    ) + `: ${summary}`
  );
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

function code(lines: readonly string[]): string {
  return ["```sh", ...lines, "```"].join("\n");
}
