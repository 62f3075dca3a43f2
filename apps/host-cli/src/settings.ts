import { leastDiskBytes, leastMemoryMiB } from "./machine/limits.ts";
import { inheritances, publishScopes } from "./machine-dir/config-file.ts";
import { parseSize, renderSize } from "./size.ts";

/** What a text means, in the unit of the setting, or what is wrong with it. */
export type Parsed<Value> = { value: Value } | { problem: string };

export interface Setting {
  /** As commander takes it; the long name in camel case is the setting's key here and in the defaults file. */
  flags: `${string}<${string}>`;
  summary: string;
  variable: `BOOT2DOCKER_${string}`;
  /** Ports are of one machine: as a default for all they would only collide. */
  isInDefaultsFile: boolean;
  parse(text: string): Parsed<number | string>;
}

/** What a setting is when nobody gave it. A host with fewer processors gives what it has. */
export const builtIn = { cpus: 4, memoryMiB: 2048, diskBytes: 20 * 2 ** 30 } as const;

/** What a new machine is made of. Flags, variables, the keys of the defaults file and the manual come from here. */
export const settings = {
  cpus: {
    flags: "-c, --cpus <count>",
    summary: `processors; the host's, but no more than ${builtIn.cpus}, when not given`,
    variable: "BOOT2DOCKER_CPUS",
    isInDefaultsFile: true,
    parse: wholeNumber(1, 256),
  },
  memory: {
    flags: "-m, --memory <size>",
    summary: `memory, in MiB or as 2g; ${builtIn.memoryMiB} when not given`,
    variable: "BOOT2DOCKER_MEMORY",
    isInDefaultsFile: true,
    parse: size(leastMemoryMiB * 2 ** 20, 2 ** 20),
  },
  diskSize: {
    flags: "-s, --disk-size <size>",
    summary: `size to which the data disk can grow, in MiB or as 20g; ${renderSize(builtIn.diskBytes)} when not given`,
    variable: "BOOT2DOCKER_DISK_SIZE",
    isInDefaultsFile: true,
    parse: size(leastDiskBytes, 1),
  },
  dockerPort: {
    flags: "--docker-port <port>",
    summary: "port of 127.0.0.1 where Docker answers; a free one when not given",
    variable: "BOOT2DOCKER_DOCKER_PORT",
    isInDefaultsFile: false,
    parse: wholeNumber(1024, 65_535),
  },
  sshPort: {
    flags: "--ssh-port <port>",
    summary: "port of 127.0.0.1 where ssh answers; a free one when not given",
    variable: "BOOT2DOCKER_SSH_PORT",
    isInDefaultsFile: false,
    parse: wholeNumber(1024, 65_535),
  },
  publish: {
    flags: "--publish <where>",
    summary:
      "where a port is answered that a container publishes on every address: loopback, or all; loopback when not given",
    variable: "BOOT2DOCKER_PUBLISH",
    isInDefaultsFile: true,
    parse: oneOf(publishScopes),
  },
  inherit: {
    flags: "--inherit <what>",
    summary:
      "what the engine takes over from this host whenever the machine starts: proxy (HTTP_PROXY and the like), ca (authorities " +
      "that this host was told to trust), all, or none; all when not given",
    variable: "BOOT2DOCKER_INHERIT",
    isInDefaultsFile: true,
    parse: oneOf(inheritances),
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
/** Of the settings that somebody gave. */
export type SettingValues = {
  [Name in SettingName]?: Extract<ReturnType<(typeof settings)[Name]["parse"]>, { value: unknown }>["value"];
};
export const settingNames = Object.keys(settings) as SettingName[]; // Object.keys forgets the type.

function wholeNumber(least: number, most: number): (text: string) => Parsed<number> {
  return (text) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    return value >= least && value <= most
      ? { value }
      : { problem: `expected a whole number from ${least} to ${most}` };
  };
}

function oneOf<Choice extends string>(choices: readonly Choice[]): (text: string) => Parsed<Choice> {
  return (text) => {
    const value = choices.find((choice) => choice === text.trim());
    return value === undefined ? { problem: `expected ${choices.join(" or ")}` } : { value };
  };
}

/** The value is in units of `unitBytes`, rounded down. */
function size(leastBytes: number, unitBytes: number): (text: string) => Parsed<number> {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes === undefined) return { problem: "expected a size, for example 2048 (MiB) or 2g" };
    if (bytes < leastBytes) return { problem: `expected at least ${renderSize(leastBytes)}` };
    return { value: Math.floor(bytes / unitBytes) };
  };
}
