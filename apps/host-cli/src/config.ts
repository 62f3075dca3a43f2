import { type EngineSettings, type EngineTexts, parseEngineOptions } from "./engine-options.ts";
import { exitCodes, UserError } from "./errors.ts";
import { type Bases, type FolderTexts, parseFolderOptions } from "./folders.ts";
import type { HostFolder } from "./machine-dir/config-file.ts";
import type { MachineRequest } from "./machine/create.ts";
import { builtIn, settingNames, settings, type SettingName, type SettingValues } from "./settings.ts";

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
  where: string;
}

/**
 * Flags before environment before the user's file before what is built in. Throws UserError `settings-invalid` (exit 2)
 * with the problems of all sources at once, those of overruled values too: each would come up some day.
 */
export function resolveSettings({ flags, env, file, hostCpus, bases }: Sources): MachineRequest {
  const problems: string[] = [];
  // Later ones overrule earlier ones.
  const given = [...fromFile(file, problems), ...fromEnvironment(env), ...fromFlags(flags)];
  const values = parseAll(given, problems);
  if (values.dockerPort !== undefined && values.dockerPort === values.sshPort) {
    problems.push(`--docker-port and --ssh-port: both are ${values.dockerPort}`);
  }
  const engine = parseEngineOptions(flags, problems);
  const folders = parseFolderOptions(flags, bases, problems);
  refuse(problems);
  return {
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

function parseAll(given: readonly Given[], problems: string[]): SettingValues {
  const values: Partial<Record<SettingName, number | string>> = {};
  for (const { name, text, where } of given) {
    const parsed = settings[name].parse(text);
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
    return text === undefined ? [] : [{ name, text, where: `${longFlag(name)} ${text}` }];
  });
}

/** An empty variable counts as none: that is how a shell script leaves one out. */
function fromEnvironment(env: Sources["env"]): Given[] {
  return settingNames.flatMap((name) => {
    const { variable } = settings[name];
    const text = env[variable] ?? "";
    return text === "" ? [] : [{ name, text, where: `${variable}=${text}` }];
  });
}

function fromFile({ path, text }: Sources["file"], problems: string[]): Given[] {
  if (text === undefined) return [];
  const content = parseObject(text, path, problems);
  return Object.entries(content).flatMap(([key, value]): Given[] => {
    const where = `${path}: ${key}`;
    const name = settingNames.find((known) => known === key && settings[known].isInDefaultsFile);
    if (name === undefined) problems.push(`${where}: expected one of ${fileKeys.join(", ")}`);
    else if (typeof value === "string" || typeof value === "number") return [{ name, text: String(value), where }];
    else problems.push(`${where}: expected a text or a number`);
    return [];
  });
}

const fileKeys = settingNames.filter((name) => settings[name].isInDefaultsFile);

function parseObject(text: string, path: string, problems: string[]): object {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return content;
    problems.push(`${path}: expected an object, such as {"memory": "4g"}`);
  } catch (error) {
    problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {};
}
