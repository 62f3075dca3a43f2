import type { CommanderError } from "commander";
import {
  driverOption,
  noSwarm,
  swarmOption,
  type Refused,
  refusedDriverOption,
  refusedOptions,
  refusedVerbOptions,
  refusedVerbs,
} from "./ancestors.ts";
import { verbs } from "./commands/table.ts";
import type { Verb } from "./commands/verb.ts";
import { UserError, usageError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** What is wrong with a command line, and what to do; of what commander says of it. */
export function explainUsage(
  { code, message }: Pick<CommanderError, "code" | "message">,
  argv: readonly string[],
): UserError {
  // The suggestion, if any, is on the second line: `(Did you mean up?)`.
  const [what = "", suggestion = ""] = message.replace(/^error: /, "").split("\n");
  const words = argv.filter((word) => !word.startsWith("-"));
  const word = words.find((candidate) => verbNamed(candidate) !== undefined);
  const [verbName, verb] = (word === undefined ? undefined : verbNamed(word)) ?? [];
  const help = verbName === undefined ? "boot2docker help" : `boot2docker help ${verbName}`;
  const option = /^unknown option '(-[^']*)'/.exec(what)?.[1];
  // Of `--port=22` and `-p22`.
  const name = option?.replace(/^(--[^=]*|-[^-]).*$/s, "$1");
  const single = argv.find((other) => /^-[a-z][\w-]+/.test(other));
  const double = single?.replace(/=.*$/s, "");
  if (option !== undefined && double !== undefined) {
    const long = refusedOption(`-${double}`, verbName);
    if (long !== undefined) return refusal(long.name, long);
    if (verb !== undefined && hasOption(verb, `-${double}`))
      return usageError(what, `Write -${double}, with two hyphens.`);
  }
  const refused = name === undefined ? undefined : refusedOption(name, verbName);
  if (refused !== undefined) return refusal(refused.name, refused);
  if (option !== undefined && word !== undefined && argv.indexOf(option) < argv.indexOf(word)) {
    if (verb !== undefined && hasOption(verb, option))
      return usageError(
        what,
        `Options follow the verb: boot2docker ${[verbName, ...argv.filter((other) => other !== word)].join(" ")}`,
      );
  }
  if (code === "commander.unknownCommand") return explainUnknownVerb(words[0] ?? "");
  // `help nope`, or options alone: the text of commander's message is of no use.
  if (code === "commander.help") {
    const named = words.at(-1);
    if (named !== undefined && named !== "help") return explainUnknownVerb(named);
    return usageError("no verb was given", `See: ${help}; the version is printed by: boot2docker --version`);
  }
  return usageError(what, suggestion === "" ? `See: ${help}` : suggestion.replace(/^\(|\)$/g, ""));
}

export function explainUnknownVerb(name: string): UserError {
  const refused = Object.hasOwn(refusedVerbs, name) ? refusedVerbs[name] : undefined;
  if (refused !== undefined) return refusal(name, refused);
  const shown = Object.entries<Verb>(verbs).filter(([, { isHidden }]) => isHidden !== true);
  const meant = nearest(
    name,
    shown.flatMap(([known, { aliases }]) => [known, ...aliases]),
  );
  return usageError(
    `there is no verb ${JSON.stringify(name)}`,
    meant === undefined ? "See: boot2docker help" : `Did you mean ${meant}?`,
  );
}

const verbNamed = (word: string): [string, Verb] | undefined =>
  Object.entries<Verb>(verbs).find(([name, { aliases }]) => [name, ...aliases].includes(word));

const hasOption = ({ options }: Verb, option: string): boolean =>
  Object.values(options).some(({ flags }) => flags.split(/[ ,]+/).includes(option.replace(/=.*/s, "")));

/** Of what the ancestors had. */
function refusedOption(option: string, verb = ""): (Refused & { name: string }) | undefined {
  for (const [table, key, name] of [
    [refusedVerbOptions, `${verb} ${option}`, `${verb} ${option}`],
    [refusedOptions, option, option],
  ] as const) {
    const refused = Object.hasOwn(table, key) ? table[key] : undefined;
    if (refused !== undefined) return { ...refused, name };
  }
  if (swarmOption.test(option)) return { ...noSwarm, name: option };
  return driverOption.test(option) ? { ...refusedDriverOption(option), name: option } : undefined;
}

const refusal = (name: string, { why, instead }: Refused): UserError =>
  usageError(`there is no ${name}: ${why}`, instead);
