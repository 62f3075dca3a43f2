import { type Folder, GuestConfig, validate } from "@boot2docker/protocol";
import type { EngineSettings } from "../engine-options.ts";
import { exitCodes, UserError } from "../errors.ts";
import { writeFolder } from "../folders.ts";
import type { Host } from "../host.ts";
import { type Inheritance, type PublishScope, settingNames, settings } from "../settings.ts";
import { compoundKeys, type DocumentReader, parseDocument, readDocument, unknownKeys } from "../settings-document.ts";
import { writeSize } from "../size.ts";
import type { MachineDir } from "./dir.ts";
import { machineAbsent } from "./machines.ts";
import type { PortRange } from "./ports.ts";

/** What a machine is made of; kept in its `machine.json`. Sizes in MiB and bytes as named. */
export interface MachineConfig {
  cpus: number;
  memoryMiB: number;
  diskBytes: number;
  /** Chosen at create and kept, so that an environment in an open shell stays valid. Always on 127.0.0.1. */
  dockerPort: number;
  sshPort: number;
  /** Ports that the engine hands out by itself, of no other machine. A machine of before has Docker's own choice. */
  dynamicPorts?: PortRange;
  /** Where a port that is published on every address is answered; `loopback` when absent. */
  publish?: PublishScope;
  /** Folders of this host that the guest has at the same path; none when absent. */
  folders?: HostFolder[];
  /** What of this host the machine takes over when it starts; `all` when absent. */
  inherit?: Inheritance;
  /** What the engine is to be; its guest knows what of it can be had. */
  engine?: EngineSettings;
  /** For an editor that helps with the file: where a JSON schema of it is. */
  $schema?: string;
}

export interface HostFolder extends Folder {
  /** Who watches it in the guest hears of what is changed here. */
  watch?: true | undefined;
}

/** What the file holds: the settings by their names as the user writes them, and what is the file's own. */
export type MachineDocument = Readonly<Record<string, unknown>>;

const formatVersion = 1;
/** Of a disk that is there: somebody may have put it there. */
const anySize = { ...settings.diskSize.domain, leastBytes: 1 };
/** Keys that are no settings of the user. */
const ownKeys = ["$schema", "formatVersion", "dynamicPorts"] as const;

/** Throws UserError `machine-absent` (exit 3) or `config-unreadable`; never changes the file. */
export async function readMachineConfig(host: Host, dir: MachineDir): Promise<MachineConfig> {
  const text = await host.files.readText(dir.config);
  if (text === undefined) throw await machineAbsent(host, dir.name);
  return parseMachineConfig(text, dir.config, host.homeDir);
}

/** What the file has beside that, of a newer version, stays in it. */
export async function writeMachineConfig(host: Host, dir: MachineDir, config: MachineConfig): Promise<void> {
  const before = parseDocument((await host.files.readText(dir.config)) ?? "{}", {
    where: "",
    homeDir: "",
    problems: [],
  });
  const known: readonly string[] = [...settingNames, ...compoundKeys, ...ownKeys];
  const others = Object.entries(before ?? {}).filter(([key]) => !known.includes(key));
  await host.files.writeAtomic(dir.config, renderDocument({ ...Object.fromEntries(others), ...toDocument(config) }));
}

/** Of a file that people may edit, too. */
export function renderDocument(document: MachineDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

export function toDocument({ memoryMiB, diskBytes, folders, ...others }: MachineConfig): MachineDocument {
  const { cpus, dockerPort, sshPort, dynamicPorts, publish, inherit, engine, $schema } = others;
  return {
    ...($schema !== undefined && { $schema }),
    formatVersion,
    cpus,
    memory: writeSize(memoryMiB * 2 ** 20),
    diskSize: writeSize(diskBytes),
    dockerPort,
    sshPort,
    ...(dynamicPorts && { dynamicPorts }),
    ...(publish && { publish }),
    ...(inherit && { inherit }),
    ...(folders && { folders: folders.map(writeFolder) }),
    ...(engine && { engine }),
  };
}

/** What of it is the user's. */
export function userSettings(config: MachineConfig): MachineDocument {
  const own: readonly string[] = ownKeys;
  return Object.fromEntries(Object.entries(toDocument(config)).filter(([key]) => !own.includes(key)));
}

/** `path` is only named in errors. All problems are reported at once; what a newer version knows is left out. */
export function parseMachineConfig(text: string, path: string, homeDir: string): MachineConfig {
  const reader: DocumentReader = { where: "", homeDir, problems: [] };
  const document = parseDocument(text, reader);
  const config = document && readMachineDocument(document, reader);
  if (config === undefined) throw unreadable(path, reader.problems.join("; "));
  return config;
}

/** Problems of a document that was just written by somebody: also keys that mean nothing. */
export function checkMachineDocument(
  document: MachineDocument,
  homeDir: string,
): { config: MachineConfig } | { problems: string[] } {
  const reader: DocumentReader = { where: "", homeDir, problems: [] };
  const config = readMachineDocument(document, reader);
  const known = [...settingNames, ...ownKeys];
  reader.problems.push(
    ...unknownKeys(document, known).map(
      (key) => `${key}: expected one of ${[...settingNames, "folders", "engine"].join(", ")}`,
    ),
  );
  return config === undefined || reader.problems.length > 0 ? { problems: reader.problems } : { config };
}

/** Undefined when there are problems. */
function readMachineDocument(document: MachineDocument, reader: DocumentReader): MachineConfig | undefined {
  const { problems } = reader;
  const { $schema } = document;
  if ($schema !== undefined && typeof $schema !== "string") problems.push("$schema: expected a text");
  if (document["formatVersion"] !== formatVersion) problems.push(`formatVersion: expected ${formatVersion}`);
  const { values, folders, engine } = readDocument(document, settingNames, reader, { diskSize: anySize });
  const ports = validate(GuestConfig.shape.dynamicPorts, document["dynamicPorts"]);
  if (!ports.ok) problems.push(...ports.problems.map((problem) => `dynamicPorts.${problem}`));
  const { cpus, memory, diskSize, dockerPort, sshPort, publish, inherit } = values;
  for (const name of ["cpus", "memory", "diskSize", "dockerPort", "sshPort"] as const) {
    if (document[name] === undefined) problems.push(`${name}: is missing`);
  }
  if (dockerPort !== undefined && dockerPort === sshPort) problems.push(`dockerPort and sshPort: both are ${sshPort}`);
  if (problems.length > 0 || cpus === undefined || memory === undefined || diskSize === undefined) return undefined;
  if (dockerPort === undefined || sshPort === undefined || !ports.ok) return undefined;
  return {
    ...{ cpus, memoryMiB: memory, diskBytes: diskSize, dockerPort, sshPort },
    ...(ports.value && { dynamicPorts: ports.value }),
    ...(publish && { publish }),
    ...(folders && { folders }),
    ...(inherit && { inherit }),
    ...(engine && { engine }),
    ...(typeof $schema === "string" && { $schema }),
  };
}

function unreadable(path: string, problem: string): UserError {
  return new UserError(`cannot read the machine's settings in ${path}: ${problem}`, {
    code: "config-unreadable",
    hint: "Correct the file or put back a copy of it; nothing was changed. The data disk beside it is not affected.",
    exitCode: exitCodes.usage,
  });
}
