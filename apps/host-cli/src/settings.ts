import { leastDiskBytes, leastMemoryMiB, mostDiskBytes } from "./machine/limits.ts";
import { parseSize, renderSize } from "./size.ts";

/** What a text means, in the unit of the setting, or what is wrong with it. */
export type Parsed<Value> = { value: Value } | { problem: string };

/** What can be said of a setting: a whole number; a size, in units of `unitBytes`, rounded down; one of some words. */
export type Domain =
  | { kind: "count"; least: number; most: number }
  | { kind: "size"; leastBytes: number; mostBytes?: number; unitBytes: number }
  | { kind: "choice"; choices: readonly string[] };

/** When a machine that runs has what was changed: now, when it starts again, or it has to be stopped for it. */
export type Change = "at-once" | "at-restart" | "while-stopped";

export interface Setting {
  /** As commander takes it; the long name in camel case is the setting's key here and in files. */
  flags: `${string}<${string}>`;
  summary: string;
  variable: `BOOT2DOCKER_${string}`;
  /** Ports are of one machine: as a default for all they would only collide. */
  isInDefaultsFile: boolean;
  domain: Domain;
  choices?: readonly string[];
  change: Change;
}

/** What a setting is when nobody gave it. A host with fewer processors gives what it has. */
export const builtIn = {
  cpus: 4,
  memoryMiB: 2048,
  diskBytes: 20 * 2 ** 30,
  publish: "loopback",
  inherit: "all",
} as const;

export const publishScopes = ["loopback", "all"] as const;
export type PublishScope = (typeof publishScopes)[number];

export const inheritances = ["all", "proxy", "ca", "none"] as const;
export type Inheritance = (typeof inheritances)[number];

/** What a machine is made of. Flags, variables, the keys of files, their schema and the manual come from here. */
export const settings = {
  cpus: {
    flags: "-c, --cpus <count>",
    summary: `processors; the host's, but no more than ${builtIn.cpus}, when not given`,
    variable: "BOOT2DOCKER_CPUS",
    isInDefaultsFile: true,
    domain: { kind: "count", least: 1, most: 256 },
    change: "at-restart",
  },
  memory: {
    flags: "-m, --memory <size>",
    summary: `memory, in MiB or as 2g; ${builtIn.memoryMiB} when not given`,
    variable: "BOOT2DOCKER_MEMORY",
    isInDefaultsFile: true,
    domain: { kind: "size", leastBytes: leastMemoryMiB * 2 ** 20, unitBytes: 2 ** 20 },
    change: "at-restart",
  },
  diskSize: {
    flags: "-s, --disk-size <size>",
    summary: `size to which the data disk can grow, in MiB or as 20g; ${renderSize(builtIn.diskBytes)} when not given`,
    variable: "BOOT2DOCKER_DISK_SIZE",
    isInDefaultsFile: true,
    domain: { kind: "size", leastBytes: leastDiskBytes, mostBytes: mostDiskBytes, unitBytes: 1 },
    change: "at-once",
  },
  dockerPort: {
    flags: "--docker-port <port>",
    summary: "port of 127.0.0.1 where Docker answers; a free one when not given",
    variable: "BOOT2DOCKER_DOCKER_PORT",
    isInDefaultsFile: false,
    domain: { kind: "count", least: 1024, most: 65_535 },
    change: "while-stopped",
  },
  sshPort: {
    flags: "--ssh-port <port>",
    summary: "port of 127.0.0.1 where ssh answers; a free one when not given",
    variable: "BOOT2DOCKER_SSH_PORT",
    isInDefaultsFile: false,
    domain: { kind: "count", least: 1024, most: 65_535 },
    change: "while-stopped",
  },
  publish: {
    flags: "--publish <where>",
    summary:
      "where a port is answered that a container publishes on every address: loopback, or all; loopback when not given",
    variable: "BOOT2DOCKER_PUBLISH",
    isInDefaultsFile: true,
    domain: { kind: "choice", choices: publishScopes },
    choices: publishScopes,
    change: "at-once",
  },
  inherit: {
    flags: "--inherit <what>",
    summary:
      "what the engine takes over from this host whenever the machine starts: proxy (HTTP_PROXY and the like), ca (authorities " +
      "that this host was told to trust), all, or none; all when not given",
    variable: "BOOT2DOCKER_INHERIT",
    isInDefaultsFile: true,
    domain: { kind: "choice", choices: inheritances },
    choices: inheritances,
    change: "at-restart",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
type ValueOf<D extends Domain> = D extends { choices: readonly (infer Choice)[] } ? Choice : number;
/** Of the settings that somebody gave. */
export type SettingValues = { [Name in SettingName]?: ValueOf<(typeof settings)[Name]["domain"]> };
export const settingNames = Object.keys(settings) as SettingName[]; // Object.keys forgets the type.

/** Keys of `boot2docker set`, as they are told to the user. */
export const settableKeys = [...settingNames, "folders", "engine.daemon.KEY", "engine.env.NAME"];

/** What an assignment may begin with. */
export const assignmentStarts = [
  ...[...settingNames, "folders"].map((key) => `${key}=`),
  "engine.daemon.",
  "engine.env.",
];

export function parseSetting(domain: Domain, text: string): Parsed<number | string> {
  switch (domain.kind) {
    case "count": {
      const { least, most } = domain;
      const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
      return value >= least && value <= most
        ? { value }
        : { problem: `expected a whole number from ${least} to ${most}` };
    }
    case "size": {
      const bytes = parseSize(text);
      if (bytes === undefined) return { problem: "expected a size, for example 2048 (MiB) or 2g" };
      if (bytes < domain.leastBytes) return { problem: `expected at least ${renderSize(domain.leastBytes)}` };
      if (bytes > (domain.mostBytes ?? Infinity))
        return { problem: `expected at most ${renderSize(domain.mostBytes ?? 0)}` };
      return { value: Math.floor(bytes / domain.unitBytes) };
    }
    case "choice": {
      const value = domain.choices.find((choice) => choice === text.trim());
      return value === undefined ? { problem: `expected ${domain.choices.join(" or ")}` } : { value };
    }
  }
}
