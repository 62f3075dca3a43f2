import type { EngineSettings } from "./engine-options.ts";
import { keyOfFlag, notJson, parseValue } from "./engine-options.ts";
import { nearest } from "./nearest.ts";
import { settableKeys, settings, type SettingName, settingNames } from "./settings.ts";

type Document = Readonly<Record<string, unknown>>;

/** `KEY=VALUE` as `boot2docker set` takes them. Without a value the key is taken out. */
export interface Assignment {
  key: string;
  value: string;
}

/** Undefined for a word that is none. */
export function parseAssignment(word: string): Assignment | undefined {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
  return key === undefined || value === undefined ? undefined : { key, value };
}

/** The document with them; `problems` gets a line for each key that is none. What the values mean is not looked at here. */
export function assign(document: Document, assignments: readonly Assignment[], problems: string[]): Document {
  let changed = document;
  for (const { key, value } of assignments) {
    const edited = assignOne(changed, key, value);
    if (typeof edited === "string") problems.push(`${key}: ${edited}`);
    else changed = edited;
  }
  return changed;
}

function explainUnknown(key: string): string {
  const meant = nearest(key, [...settingNames, ...settingNames.map(kebab), "folders"]);
  return meant === undefined ? `expected one of ${settableKeys.join(", ")}` : `did you mean ${meant}?`;
}

/** The document, or what is wrong with the key. */
function assignOne(document: Document, key: string, value: string): Document | string {
  const [, part, path] = /^engine\.(daemon|env)\.(.+)$/s.exec(key) ?? [];
  if (part !== undefined && path !== undefined)
    return assignEngine(document, part === "env" ? "env" : "daemon", path, value);
  // As the option is called.
  if (key === "mount") return assignOne(document, "folders", value);
  if (key === "folders") return put(document, key, value === "" ? undefined : readFolders(value));
  const name = settingNames.find((known) => known === key || kebab(known) === key);
  return name === undefined
    ? explainUnknown(key)
    : put(document, name, value === "" ? undefined : readScalar(name, value));
}

/** As files have it: a whole number is a number there. */
function readScalar(name: SettingName, value: string): unknown {
  return settings[name].domain.kind === "count" && /^\d+$/.test(value) ? Number(value) : value;
}

/** A JSON list, or folders with commas between them; none for no folder, as of `--mount`. */
function readFolders(value: string): unknown {
  if (value === "none") return [];
  return value.startsWith("[") ? (parseValue(value) ?? value) : value.split(",");
}

function assignEngine(document: Document, part: keyof EngineSettings, path: string, value: string): Document | string {
  const engine = asDocument(document["engine"]);
  const taken = value === "" ? undefined : part === "env" ? value : parseValue(value);
  // Dots of a key lead into objects of daemon.json; a variable's name is whole.
  if (value !== "" && taken === undefined) return notJson;
  const plural = part === "daemon" ? keyOfFlag(path) : undefined;
  if (plural !== undefined && plural !== path)
    return `that is a flag of dockerd: did you mean engine.daemon.${plural}?`;
  const own = asDocument(engine[part]);
  const changed = part === "env" ? put(own, path, taken) : putDeep(own, path, taken);
  if (typeof changed === "string") return changed;
  const whole = { daemon: {}, env: {}, ...engine, [part]: changed };
  const isEmpty = Object.values(whole).every((inner) => Object.keys(asDocument(inner)).length === 0);
  return put(document, "engine", isEmpty ? undefined : whole);
}

/** The document, or what is wrong with the path. */
function putDeep(document: Document, path: string, value: unknown): Document | string {
  // One that is there may have dots itself, as options of networks do: the longest is meant.
  const there = Object.keys(document).filter((known) => path === known || path.startsWith(`${known}.`));
  const key = there.sort((one, other) => other.length - one.length)[0] ?? path.replace(/\..*$/s, "");
  if (key === "") return "expected a key between the dots";
  if (key === path) return put(document, key, value);
  const has = document[key];
  if (has !== undefined && !isDocument(has)) return `${key} is ${JSON.stringify(has)}, in which there are no keys`;
  const inner = putDeep(asDocument(has), path.slice(key.length + 1), value);
  if (typeof inner === "string") return inner;
  return put(document, key, Object.keys(inner).length === 0 ? undefined : inner);
}

function put(document: Document, key: string, value: unknown): Document {
  if (value !== undefined) return { ...document, [key]: value };
  return Object.fromEntries(Object.entries(document).filter(([other]) => other !== key));
}

const isDocument = (value: unknown): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asDocument = (value: unknown): Document => (isDocument(value) ? value : {});

/** `diskSize` as its flag has it. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
