import type { OptionRow, Verb } from "./commands/verb.ts";

/** A word that may stand there, and what it is. */
export interface Candidate {
  word: string;
  summary: string;
}

/** What a shell is told: words, or to do as with any other program, whose operands are files. */
export type Completion = readonly Candidate[] | "files";

export interface CompletionTable {
  verbs: Readonly<Record<string, Verb>>;
  commonOptions: Readonly<Record<string, OptionRow>>;
  /** Names of the machines that there are. */
  machines: readonly string[];
}

/** `words` are those behind the program's name; the last one, which may be empty, is to be completed. */
export function complete(words: readonly string[], table: CompletionTable): Completion {
  const last = words.at(-1) ?? "";
  const { candidates, isFile } = candidatesFor(words.slice(0, -1), last, table);
  const found = candidates.filter(({ word }) => word.startsWith(last));
  return isFile && (last === "" || found.length === 0) ? "files" : found;
}

interface Possible {
  candidates: readonly Candidate[];
  /** Or a file. */
  isFile: boolean;
}

const words = (candidates: readonly Candidate[]): Possible => ({ candidates, isFile: false });

function candidatesFor(before: readonly string[], last: string, table: CompletionTable): Possible {
  const { verbs, commonOptions } = table;
  const at = before.findIndex((word) => !word.startsWith("-"));
  if (at === -1) return words(last.startsWith("-") ? optionsOf(Object.values(commonOptions), before) : verbsOf(verbs));
  const called = before[at] ?? "";
  if (called === "help" || called === "describe") return words(verbsOf(verbs));
  const verb = Object.entries(verbs).find(([name, { aliases }]) => name === called || aliases.includes(called))?.[1];
  if (verb === undefined) return words([]);
  const rows = Object.values({ ...commonOptions, ...verb.options });
  const own = before.slice(at + 1);
  const operands: string[] = [];
  let isWaiting: OptionRow | undefined;
  let isAfterDashes = false;
  for (const word of own) {
    if (isWaiting !== undefined) isWaiting = undefined;
    else if (word === "--") isAfterDashes = true;
    else if (isAfterDashes || !word.startsWith("-")) operands.push(word);
    else if (!word.includes("=")) isWaiting = rows.find((row) => takesText(row) && wordsOf(row).includes(word));
  }
  if (isWaiting !== undefined) {
    const candidates = (isWaiting.choices ?? []).map((word) => ({ word, summary: "" }));
    return { candidates, isFile: /<(file|folder)>/.test(isWaiting.flags) };
  }
  if (verb.isPassingThrough === true && operands.length > 0) return { candidates: [], isFile: true };
  if (!isAfterDashes && last.startsWith("-")) return words(optionsOf(rows, own));
  return operandsOf(verb, operands, table);
}

function verbsOf(verbs: CompletionTable["verbs"]): Candidate[] {
  const shown = Object.entries(verbs).filter(([, { isHidden }]) => isHidden !== true);
  return [
    ...shown.map(([word, { summary }]) => ({ word, summary })),
    { word: "help", summary: "print the help of a verb" },
    ...shown.flatMap(([name, { aliases }]) => aliases.map((word) => ({ word, summary: `the same as ${name}` }))),
  ];
}

function optionsOf(rows: readonly OptionRow[], given: readonly string[]): Candidate[] {
  return rows
    .filter((row) => row.isRepeated === true || !wordsOf(row).some((word) => given.includes(word)))
    .flatMap((row) => wordsOf(row).map((word) => ({ word, summary: row.summary })));
}

/** An operand may be left out: what the next ones may be is offered, too, until one is there that only a later one can be. */
function operandsOf(verb: Verb, given: readonly string[], { machines }: CompletionTable): Possible {
  const rows = verb.operands.filter(({ isRepeated }, index) => isRepeated === true || index >= given.length);
  const candidates = rows.flatMap(({ name, choices = [] }) => [
    ...choices.map((word) => ({ word, summary: "" })),
    ...(name === "NAME"
      ? machines.filter((word) => !given.includes(word)).map((word) => ({ word, summary: "machine" }))
      : []),
    ...(name === "PATH" ? machines.map((word) => ({ word: `${word}:`, summary: "in that machine" })) : []),
  ]);
  return { candidates, isFile: rows.some(({ name }) => name === "PATH" || name === "FOLDER") };
}

/** `-f` and `--force` of `-f, --force`. */
function wordsOf({ flags }: OptionRow): string[] {
  return flags
    .replace(/ <.*$/, "")
    .split(", ")
    .map((word) => word.trim());
}

const takesText = ({ flags }: OptionRow): boolean => flags.includes("<");
