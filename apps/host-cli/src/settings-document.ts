import { GuestConfig, validate } from "@boot2docker/protocol";
import type { EngineSettings } from "./engine-options.ts";
import { parseFolder } from "./folders.ts";
import type { HostFolder } from "./machine-dir/config-file.ts";
import { type Domain, parseSetting, settings, type SettingName, settingNames, type SettingValues } from "./settings.ts";

/** What a file of settings holds: that of a machine, or the user's defaults. Keys as `boot2docker set` has them. */
export interface DocumentSettings {
  values: SettingValues;
  folders?: HostFolder[];
  engine?: EngineSettings;
}

/** Keys of such a file beside those of the table of settings. */
export const compoundKeys = ["folders", "engine"] as const;

export interface DocumentReader {
  /** Before each problem. */
  where: string;
  homeDir: string;
  /** Gets one line for each thing that can't be used. */
  problems: string[];
}

/** Of a key that is not there, nothing. Other keys are not looked at: see `unknownKeys`. */
export function readDocument(
  document: Readonly<Record<string, unknown>>,
  names: readonly SettingName[],
  reader: DocumentReader,
  domains: Partial<Record<SettingName, Domain>> = {},
): DocumentSettings {
  const { where, problems } = reader;
  const values: Partial<Record<SettingName, number | string>> = {};
  for (const name of names) {
    const written = document[name];
    if (written === undefined) continue;
    if (typeof written !== "string" && typeof written !== "number") {
      problems.push(`${where}${name}: expected a text or a number`);
      continue;
    }
    const parsed = parseSetting(domains[name] ?? settings[name].domain, String(written));
    if ("problem" in parsed) problems.push(`${where}${name}: ${parsed.problem}`);
    else values[name] = parsed.value;
  }
  const folders = readFolders(document["folders"], reader);
  const engine = readEngine(document["engine"], reader);
  return {
    values: values as SettingValues, // Each value came from the parser of its own name.
    ...(folders && { folders }),
    ...(engine && { engine }),
  };
}

/** Undefined, and a problem, for a text that is no JSON object. */
export function parseDocument(text: string, { where, problems }: DocumentReader): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    if (isObject(content)) return content;
    problems.push(`${where}expected an object, such as {"memory": "4g"}`);
  } catch (error) {
    problems.push(`${where}${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

/** The keys of the user's defaults. */
export const defaultsNames = settingNames.filter((name) => settings[name].isInDefaultsFile);

/** For an editor that shows it. */
const schemaKey = "$schema";

export function unknownKeys(document: object, known: readonly string[]): string[] {
  const all = [...known, ...compoundKeys, schemaKey];
  return Object.keys(document).filter((key) => !all.includes(key));
}

/** Texts as `--mount` takes them, but for a path that depends on where the reader is. */
function readFolders(written: unknown, { where, homeDir, problems }: DocumentReader): HostFolder[] | undefined {
  if (written === undefined) return undefined;
  if (!Array.isArray(written)) {
    problems.push(`${where}folders: expected a list, such as ["~", "/srv/data:ro"]`);
    return undefined;
  }
  const folders = new Map<string, HostFolder>();
  for (const [index, text] of written.entries()) {
    const isWhole = typeof text === "string" && /^(\/|~(\/|:|$))/.test(text);
    const parsed = isWhole
      ? parseFolder(text, { homeDir, workingDir: "/" })
      : { problem: "expected a path from / or ~, with :ro or :watch behind it where that is meant" };
    if ("problem" in parsed) problems.push(`${where}folders.${index}: ${parsed.problem}`);
    else folders.set(parsed.folder.path, parsed.folder);
  }
  return [...folders.values()];
}

function readEngine(written: unknown, { where, problems }: DocumentReader): EngineSettings | undefined {
  if (written === undefined) return undefined;
  const whole = isObject(written) ? { daemon: {}, env: {}, ...written } : written;
  const found = validate(GuestConfig.shape.engine, whole);
  if (found.ok) return found.value;
  problems.push(...found.problems.map((problem) => `${where}engine.${problem}`));
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
