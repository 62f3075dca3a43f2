import { exitCodes, usageError } from "../errors.ts";
import { settings } from "../settings.ts";
import { commonOptions, type OptionRows, type Verb, verb } from "./verb.ts";

export const describe = verb({
  aliases: [],
  summary: "print the table of verbs, options and settings as JSON",
  details: "Of one verb, or of all. What the help, the manual and the completion are made of, for programs.",
  examples: ["boot2docker describe --json", "boot2docker describe up"],
  operands: [{ name: "VERB", summary: "one verb, or an alias of it" }],
  options: { json: { flags: "--json", summary: "as JSON, which it is anyway" } },
  async run({ ui }, { operands: [name] }) {
    const { verbs } = await import("./table.ts");
    const shown = Object.entries<Verb>(verbs).filter(([, { isHidden }]) => isHidden !== true);
    if (name === undefined) {
      ui.json({
        verbs: shown.map(describeVerb),
        commonOptions: describeOptions(commonOptions),
        settings: Object.entries(settings).map(([key, { flags, summary, variable, domain, change }]) => ({
          ...{ key, flags, variable, summary, domain, change },
        })),
        exitCodes: { done: 0, ...exitCodes },
      });
      return;
    }
    const found = shown.find(([verbName, { aliases }]) => verbName === name || aliases.includes(name));
    if (found === undefined) {
      throw usageError(`there is no verb ${JSON.stringify(name)}`, "See: boot2docker help");
    }
    ui.json(describeVerb(found));
  },
});

function describeVerb([name, { aliases, summary, details, examples = [], operands, options }]: [string, Verb]): object {
  return { name, aliases, summary, details, operands, options: describeOptions(options), examples };
}

function describeOptions(rows: OptionRows): object[] {
  return Object.entries(rows).map(([key, { flags, summary, isRepeated, choices }]) => ({
    key,
    flags,
    summary,
    isRepeated,
    choices,
  }));
}
