import { Folder, GuestConfig, validate } from "@boot2docker/protocol";
import * as z from "zod/mini";
import type { EngineSettings } from "../engine-options.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "./dir.ts";
import type { PortRange } from "./ports.ts";

/** What a machine is made of; kept in its `machine.json`. Sizes in MiB and bytes as named. */
export interface MachineConfig {
  cpus: number;
  memoryMiB: number;
  diskBytes: number;
  /** Chosen at create and kept for life, so that an environment in an open shell stays valid. Always on 127.0.0.1. */
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
}

export interface HostFolder extends Folder {
  /** Who watches it in the guest hears of what is changed here. */
  watch?: true | undefined;
}

export const publishScopes = ["loopback", "all"] as const;
export type PublishScope = (typeof publishScopes)[number];

export const inheritances = ["all", "proxy", "ca", "none"] as const;
export type Inheritance = (typeof inheritances)[number];

const formatVersion = 1;

const port = z.int().check(z.minimum(1024), z.maximum(65535));

const ConfigFile = z.object({
  formatVersion: z.literal(formatVersion),
  cpus: z.int().check(z.minimum(1), z.maximum(256)),
  memoryMiB: z.int().check(z.minimum(256)),
  diskBytes: z.int().check(z.minimum(1)),
  dockerPort: port,
  sshPort: port,
  dynamicPorts: GuestConfig.shape.dynamicPorts,
  publish: z.optional(z.enum(publishScopes)),
  folders: z.optional(z.array(z.extend(Folder, { watch: z.optional(z.literal(true)) }))),
  inherit: z.optional(z.enum(inheritances)),
  engine: GuestConfig.shape.engine,
});

/** Throws UserError `machine-absent` (exit 3) or `config-unreadable`; never changes the file. */
export async function readMachineConfig(host: Host, dir: MachineDir): Promise<MachineConfig> {
  const text = await host.files.readText(dir.config);
  if (text === undefined) throw machineAbsent(dir.name);
  return parseMachineConfig(text, dir.config);
}

export async function writeMachineConfig(host: Host, dir: MachineDir, config: MachineConfig): Promise<void> {
  await host.files.writeAtomic(dir.config, `${JSON.stringify({ formatVersion, ...config }, undefined, 2)}\n`);
}

/** `path` is only named in errors. All problems are reported at once. */
export function parseMachineConfig(text: string, path: string): MachineConfig {
  const found = validate(ConfigFile, parseJson(text, path));
  if (!found.ok) throw unreadable(path, found.problems.join("; "));
  const { cpus, memoryMiB, diskBytes, dockerPort, sshPort, dynamicPorts, publish, folders, inherit, engine } =
    found.value;
  return {
    ...{ cpus, memoryMiB, diskBytes, dockerPort, sshPort },
    ...(dynamicPorts && { dynamicPorts }),
    ...(publish && { publish }),
    ...(folders && { folders }),
    ...(inherit && { inherit }),
    ...(engine && { engine }),
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
}

export function machineAbsent(name: string): UserError {
  return new UserError(`there is no machine ${name}`, {
    code: "machine-absent",
    hint: `Make it with: boot2docker init ${name}`,
    exitCode: exitCodes.notRunning,
  });
}

function unreadable(path: string, problem: string): UserError {
  return new UserError(`cannot read the machine's settings in ${path}: ${problem}`, {
    code: "config-unreadable",
    hint: "Correct the file or put back a copy of it; nothing was changed. The data disk beside it is not affected.",
    exitCode: exitCodes.usage,
  });
}
