import type { Daemon } from "./engine-flags.ts";

/** What somebody wants of the engine: a daemon.json, as far as they say something, and variables for dockerd. */
export interface EngineSettings {
  daemon: Daemon;
  env: Readonly<Record<string, string>>;
}

export const noSettings: EngineSettings = { daemon: {}, env: {} };

/** One who wants something, and what of it cannot be had. */
export interface EngineSource extends EngineSettings {
  /** For messages. */
  name: string;
  problems: readonly string[];
}

/** Where they come from is decided by boot2docker, or nobody could reach the engine, or everybody. */
const OURS = [
  "config-file",
  "containerd",
  "containerd-namespace",
  "containerd-plugin-namespace",
  "data-root",
  "exec-root",
  "group",
  "hosts",
  "pidfile",
  "shutdown-timeout",
  "tls",
  "tlscacert",
  "tlscert",
  "tlskey",
  "tlsverify",
  "userland-proxy",
  "userland-proxy-path",
];

/** All sources as one, later ones first in lists and before the others in all else. Problems name their source. */
export function joinSettings(sources: readonly EngineSource[]): { settings: EngineSettings; problems: string[] } {
  const problems: string[] = [];
  let settings = noSettings;
  for (const { name, daemon, env, problems: own } of sources) {
    const ours = Object.keys(daemon).filter((key) => OURS.includes(key));
    const theirs = Object.fromEntries(Object.entries(daemon).filter(([key]) => !ours.includes(key)));
    problems.push(...own.map((problem) => `${name}: ${problem}`));
    problems.push(...ours.map((key) => `${name}: ${key}: decided by boot2docker`));
    settings = { daemon: mergeDaemon(settings.daemon, theirs), env: { ...settings.env, ...env } };
  }
  return { settings, problems };
}

/** `more` goes before `base`: objects are merged, lists joined with what `more` has in front, and all else replaced. */
export function mergeDaemon(base: Daemon, more: Daemon): Daemon {
  const merged = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const present = merged[key];
    if (isList(value) && isList(present)) {
      const identity = key === "labels" ? nameOfLabel : (item: unknown) => item;
      const taken = new Set(value.map(identity));
      merged[key] = [...value, ...present.filter((item) => !taken.has(identity(item)))];
    } else if (isObject(value) && isObject(present)) merged[key] = mergeDaemon(present, value);
    else merged[key] = value;
  }
  return merged;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** dockerd takes no two labels of one name. */
function nameOfLabel(label: unknown): unknown {
  return typeof label === "string" ? label.split("=", 1)[0] : label;
}

/** Array.isArray makes `any[]` of it. */
function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
