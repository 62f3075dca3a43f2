import { Command, CommanderError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { active } from "./commands/active.ts";
import { agent } from "./commands/agent.ts";
import { autostart } from "./commands/autostart.ts";
import { remove } from "./commands/delete.ts";
import { certs } from "./commands/certs.ts";
import { config } from "./commands/config.ts";
import { context } from "./commands/context.ts";
import { cp } from "./commands/cp.ts";
import { regenerateCerts } from "./commands/regenerate-certs.ts";
import { disk } from "./commands/disk.ts";
import { down } from "./commands/down.ts";
import { env } from "./commands/env.ts";
import { events } from "./commands/events.ts";
import { init } from "./commands/init.ts";
import { ip } from "./commands/ip.ts";
import { issueCertificate } from "./commands/issue-certificate.ts";
import { list } from "./commands/list.ts";
import { logs } from "./commands/logs.ts";
import { mount } from "./commands/mount.ts";
import { ports } from "./commands/ports.ts";
import { poweroff } from "./commands/poweroff.ts";
import { reset } from "./commands/reset.ts";
import { restart } from "./commands/restart.ts";
import { set } from "./commands/set.ts";
import { ssh } from "./commands/ssh.ts";
import { status } from "./commands/status.ts";
import { umount } from "./commands/umount.ts";
import { up } from "./commands/up.ts";
import { commonOptions, type Input, type OptionRows, type Verb } from "./commands/verb.ts";
import { url } from "./commands/url.ts";
import { version } from "./commands/version.ts";
import { exitCodes, UserError } from "./errors.ts";

/** Every verb by its name. The program, its help and docs/cli.md are made of this table. */
export const verbs = {
  init,
  up,
  down,
  restart,
  poweroff,
  reset,
  list,
  active,
  status,
  ip,
  url,
  ports,
  mount,
  umount,
  context,
  env,
  ssh,
  cp,
  logs,
  events,
  config,
  set,
  disk,
  certs,
  "regenerate-certs": regenerateCerts,
  autostart,
  delete: remove,
  version,
  agent,
  "issue-certificate": issueCertificate,
} as const satisfies Record<string, Verb>;

/** A verb as it was called, ready to run. */
export interface Call extends Input<OptionRows> {
  readonly verb: Verb;
}

export interface CliOptions {
  /** Where help goes. */
  write(text: string): void;
  columns: number;
  execute(call: Call): Promise<number>;
}

/** Returns the exit code. Throws UserError `usage` for what is no command of this program, and what `execute` throws. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(options, async (verb, command) => {
    exitCode = await options.execute({
      verb,
      operands: command.args,
      options: optionValues(command, { ...commonOptions, ...verb.options }),
      // Of a verb that passes words through: these are the end of the command line, word for word.
      isAfterDashes: argv[argv.length - command.args.length - 1] === "--",
    });
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw usageError(error, argv);
  }
}

/** Paragraphs for the help and the manual. */
export function describeVerb({ summary, aliases, details }: Verb): string[] {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const names = aliases.length === 0 ? [] : [`Also called ${aliases.join(", ")}.`];
  return [[sentence, ...names].join(" "), ...(details === undefined ? [] : [details])];
}

type Action = (verb: Verb, command: Command) => Promise<void>;

function buildProgram({ write, columns }: Pick<CliOptions, "write" | "columns">, action: Action): Command {
  const program = new Command("boot2docker")
    .description("Runs Docker in a small virtual machine and makes it feel local.")
    .version(`boot2docker ${packageJson.version}`, "--version", "print the version")
    .helpOption("-h, --help", "print this help, or that of a verb")
    .helpCommand("help [verb]", "print the help of a verb")
    .addHelpText(
      "after",
      "\nEnvironment: BOOT2DOCKER_DIR, NO_COLOR and one variable for each option of init. Manual: docs/cli.md",
    )
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => columns,
    })
    .enablePositionalOptions()
    .exitOverride();
  addOptions(program, commonOptions);
  for (const [name, row] of Object.entries<Verb>(verbs)) addVerb(program, name, row, action);
  return program;
}

function addVerb(program: Command, name: string, row: Verb, action: Action): void {
  const command = program
    .command(name, { hidden: row.isHidden === true })
    .aliases(row.aliases)
    .summary(row.summary)
    .description(describeVerb(row).join("\n\n"))
    .passThroughOptions(row.isPassingThrough === true)
    .allowExcessArguments(false);
  for (const { name: operand, summary, isRepeated } of row.operands) {
    command.argument(isRepeated ? `[${operand}...]` : `[${operand}]`, summary);
  }
  addOptions(command, { ...commonOptions, ...row.options });
  if (row.examples !== undefined) {
    command.addHelpText("after", `\nExamples:\n${row.examples.map((line) => `  ${line}`).join("\n")}`);
  }
  command.action(() => action(row, command));
}

function addOptions(command: Command, rows: OptionRows): void {
  for (const { flags, summary, isRepeated } of Object.values(rows)) {
    const option = new Option(flags, summary);
    if (isRepeated)
      option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
    command.addOption(option);
  }
}

/** By the rows' keys: commander turns `--no-proxy` into `proxy: false`, which says the same less well. */
function optionValues(command: Command, rows: OptionRows): Call["options"] {
  const given: Record<string, unknown> = command.optsWithGlobals();
  const entries = Object.entries(rows).flatMap(([key, { flags }]): [string, string | true | readonly string[]][] => {
    const option = new Option(flags);
    const value = given[option.attributeName()];
    if (option.negate) return value === false ? [[key, true]] : [];
    return typeof value === "string" || value === true || isTexts(value) ? [[key, value]] : [];
  });
  return Object.fromEntries(entries);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** commander has the suggestion, if any, on the second line: `(Did you mean up?)`. */
function usageError({ code, message }: CommanderError, argv: readonly string[]): UserError {
  const [what = "", suggestion = ""] = message.replace(/^error: /, "").split("\n");
  const words = argv.filter((word) => !word.startsWith("-"));
  const called = Object.entries<Verb>(verbs).find(([name, { aliases }]) => [name, ...aliases].includes(words[0] ?? ""));
  const help = called === undefined ? "boot2docker help" : `boot2docker help ${called[0]}`;
  // What commander throws for `help nope`: the text of its message is of no use.
  const isAboutHelp = code === "commander.help";
  return new UserError(isAboutHelp ? `there is no verb ${JSON.stringify(words.at(-1))}` : what, {
    code: "usage",
    hint: suggestion === "" ? `See: ${help}` : suggestion.replace(/^\(|\)$/g, ""),
    exitCode: exitCodes.usage,
  });
}
