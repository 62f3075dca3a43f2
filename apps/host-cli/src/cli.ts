import { Command, CommanderError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { verbs } from "./commands/table.ts";
import { commonOptions, type Input, type OptionRows, type Verb } from "./commands/verb.ts";

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
  const first = argv.find((word) => !optionsBeforeVerb.has(word));
  if (first !== undefined && !first.startsWith("-") && first !== "help" && !isVerb(first)) {
    const { explainUnknownVerb } = await import("./usage-error.ts"); // Not for those that go well.
    throw explainUnknownVerb(first);
  }
  let exitCode = 0;
  const program = buildProgram(options, new Set(argv), async (verb, command) => {
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
    const { explainUsage } = await import("./usage-error.ts");
    throw explainUsage(error, argv);
  }
}

const optionsBeforeVerb = new Set([
  "-h",
  "--help",
  ...Object.values(commonOptions).flatMap(({ flags }) => flags.split(", ")),
]);

const isVerb = (word: string): boolean =>
  Object.entries<Verb>(verbs).some(([name, { aliases }]) => name === word || aliases.includes(word));

/** Paragraphs for the help and the manual. */
export function describeVerb({ summary, aliases, details }: Verb): string[] {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const names = aliases.length === 0 ? [] : [`Also called ${aliases.join(", ")}.`];
  return [[sentence, ...names].join(" "), ...(details === undefined ? [] : [details])];
}

type Action = (verb: Verb, command: Command) => Promise<void>;

/** Only verbs among `words` have their operands and options: to make those of all takes longer than most commands think. */
function buildProgram(
  { write, columns }: Pick<CliOptions, "write" | "columns">,
  words: ReadonlySet<string>,
  action: Action,
): Command {
  const program = new Command("boot2docker")
    .description("Runs Docker in a small virtual machine and makes it feel local.")
    .version(`boot2docker ${packageJson.version}`, "--version", "print the version")
    .helpOption("-h, --help", "print this help, or that of a verb")
    .helpCommand("help [verb]", "print the help of a verb")
    .addHelpText("after", "\nEnvironment: BOOT2DOCKER_DIR, NO_COLOR and those of the settings. Manual: docs/cli.md")
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => columns,
    })
    .configureHelp({
      subcommandTerm: (command) => termOf(command),
      commandUsage: (command) =>
        command.parent === null
          ? `${command.name()} ${command.usage()}`
          : `${command.parent.name()} ${[command.name(), ...command.aliases()].join("|")} ${command.usage()}`,
    })
    .enablePositionalOptions()
    .exitOverride();
  addOptions(program, commonOptions);
  for (const [name, row] of Object.entries<Verb>(verbs)) {
    const command = program
      .command(name, { hidden: row.isHidden === true })
      .aliases(row.aliases)
      .summary(row.summary);
    if ([name, ...row.aliases].some((word) => words.has(word))) fillIn(command, row, action);
  }
  return program;
}

/** With all its names, and its operands. */
function termOf(command: Command): string {
  const rows: Readonly<Record<string, Verb>> = verbs;
  const name = command.name();
  const operands = (rows[name]?.operands ?? []).map(
    ({ name: operand, isRepeated }) => `[${operand}${isRepeated ? "..." : ""}]`,
  );
  return [[name, ...command.aliases()].join("|"), ...operands].join(" ");
}

function fillIn(command: Command, row: Verb, action: Action): void {
  command
    .description(describeVerb(row).join("\n\n"))
    .passThroughOptions(row.isPassingThrough === true)
    .allowExcessArguments(false);
  for (const { name: operand, summary, isRepeated } of row.operands) {
    command.argument(isRepeated ? `[${operand}...]` : `[${operand}]`, summary);
  }
  // Its own come first, also in the place of one of these.
  addOptions(command, { ...row.options, ...commonOptions, ...row.options });
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
