import {
  type EngineSettings,
  type EngineTexts,
  flattenEngine,
  mergeEngines,
  parseEngineOptions,
} from "./engine-options.ts";
import { exitCodes, UserError } from "./errors.ts";
import { type Bases, type FolderTexts, parseFolderOptions } from "./folders.ts";
import type { HostFolder } from "./machine-dir/config-file.ts";
import type { MachineRequest } from "./machine/create.ts";
import { builtIn, parseSetting, settingNames, settings, type SettingName, type SettingValues } from "./settings.ts";
import {
  compoundKeys,
  type DocumentSettings,
  defaultsNames,
  parseDocument,
  readDocument,
  unknownKeys,
} from "./settings-document.ts";

/** Values as the user wrote them. */
export type SettingTexts = Readonly<Partial<Record<SettingName, string | undefined>>>;

export interface Sources {
  flags: MachineFlags;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's defaults; no `text` when there is no such file. */
  file: { path: string; text?: string | undefined };
  hostCpus: number;
  bases: Bases;
}

/** What the flags of a verb that can make a machine may hold. */
export type MachineFlags = SettingTexts & EngineTexts & FolderTexts;

/** One text of one source, and how to name it in an error. */
interface Given {
  name: SettingName;
  text: string;
  /** The flag or variable. */
  source: string;
  where: string;
}

const nothing: EngineSettings = { daemon: {}, env: {} };

/** A machine to be made, and of each of its settings who said so: a flag, a variable, a file, or nobody. */
export interface Resolved {
  request: MachineRequest;
  /** By the keys of a settings file. What is built in is not there. */
  from: ReadonlyMap<string, string>;
}

/**
 * Flags before environment before the user's file before what is built in. Throws UserError `settings-invalid` (exit 2)
 * with the problems of all sources at once, those of overruled values too: each would come up some day.
 */
export function resolveSettings({ flags, env, file, hostCpus, bases }: Sources): Resolved {
  const problems: string[] = [];
  const defaults = readDefaults(file, bases, problems);
  // Later ones overrule earlier ones.
  const given = [...fromEnvironment(env), ...fromFlags(flags)];
  const values = { ...defaults.values, ...parseAll(given, problems) };
  if (values.dockerPort !== undefined && values.dockerPort === values.sshPort) {
    problems.push(`--docker-port and --ssh-port: both are ${values.dockerPort}`);
  }
  const ownEngine = parseEngineOptions(flags, problems);
  const ownFolders = parseFolderOptions(flags, bases, problems);
  refuse(problems);
  const engine = mergeEngines(defaults.engine, ownEngine);
  const folders = ownFolders ?? defaults.folders;
  const from = new Map([
    ...keysOf(defaults).map((key): [string, string] => [key, file.path]),
    ...given.map(({ name, source }): [string, string] => [name, source]),
    ...(ownFolders ? [["folders", "--mount"] as const] : []),
    ...flattenEngine(ownEngine ?? nothing).map(([key]): [string, string] => [key, "--engine-…"]),
  ]);
  const request = {
    cpus: values.cpus ?? Math.min(hostCpus, builtIn.cpus),
    memoryMiB: values.memory ?? builtIn.memoryMiB,
    diskBytes: values.diskSize ?? builtIn.diskBytes,
    ...(values.dockerPort === undefined ? {} : { dockerPort: values.dockerPort }),
    ...(values.sshPort === undefined ? {} : { sshPort: values.sshPort }),
    ...(values.publish === undefined ? {} : { publish: values.publish }),
    ...(folders === undefined ? {} : { folders }),
    ...(values.inherit === undefined ? {} : { inherit: values.inherit }),
    ...(engine === undefined ? {} : { engine }),
  };
  return { request, from };
}

/** Only what the user asked for on this command line. Throws as `resolveSettings`. */
export function parseFlags(
  flags: MachineFlags,
  bases: Bases,
): {
  values: SettingValues;
  engine: EngineSettings | undefined;
  folders: HostFolder[] | undefined;
} {
  const problems: string[] = [];
  const values = parseAll(fromFlags(flags), problems);
  const engine = parseEngineOptions(flags, problems);
  const folders = parseFolderOptions(flags, bases, problems);
  refuse(problems);
  return { values, engine, folders };
}

export function longFlag(name: SettingName): string {
  return /--[a-z-]+/.exec(settings[name].flags)?.[0] ?? name;
}

/** By the keys that `boot2docker set` knows. */
function keysOf({ values, folders, engine = nothing }: DocumentSettings): string[] {
  return [...Object.keys(values), ...(folders ? ["folders"] : []), ...flattenEngine(engine).map(([key]) => key)];
}

/** What the user's defaults say; a line for each thing in them that can't be used. */
export function readDefaults(
  { path, text }: Sources["file"],
  { homeDir }: Pick<Bases, "homeDir">,
  problems: string[],
): DocumentSettings {
  const reader = { where: `${path}: `, homeDir, problems };
  const document = text === undefined ? {} : (parseDocument(text, reader) ?? {});
  const expected = [...defaultsNames, ...compoundKeys].join(", ");
  problems.push(...unknownKeys(document, defaultsNames).map((key) => `${path}: ${key}: expected one of ${expected}`));
  return readDocument(document, defaultsNames, reader);
}

function parseAll(given: readonly Given[], problems: string[]): SettingValues {
  const values: Partial<Record<SettingName, number | string>> = {};
  for (const { name, text, where } of given) {
    const parsed = parseSetting(settings[name].domain, text);
    if ("problem" in parsed) problems.push(`${where}: ${parsed.problem}`);
    else values[name] = parsed.value;
  }
  return values as SettingValues; // Each value came from the parser of its own name.
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new UserError(`these settings can't be used:\n  ${problems.join("\n  ")}`, {
    code: "settings-invalid",
    hint: "Correct them and try again; nothing was made. See: boot2docker help init",
    exitCode: exitCodes.usage,
  });
}

function fromFlags(flags: SettingTexts): Given[] {
  return settingNames.flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [{ name, text, source: longFlag(name), where: `${longFlag(name)} ${text}` }];
  });
}

/** An empty variable counts as none: that is how a shell script leaves one out. */
function fromEnvironment(env: Sources["env"]): Given[] {
  return settingNames.flatMap((name) => {
    const { variable } = settings[name];
    const text = env[variable] ?? "";
    return text === "" ? [] : [{ name, text, source: variable, where: `${variable}=${text}` }];
  });
}
