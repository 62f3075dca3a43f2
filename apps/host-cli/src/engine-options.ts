import type { GuestConfig } from "@boot2docker/protocol";

/** What a machine's owner wants of its engine: keys of Docker's daemon.json, and variables of dockerd. */
export type EngineSettings = NonNullable<GuestConfig["engine"]>;

interface EngineOption {
  flags: `--engine-${string} <${string}>`;
  summary: string;
  isRepeated: true;
  /** Puts a text of the user into the settings, or says what is wrong with it. */
  put: (text: string, settings: EngineSettings) => string | undefined;
}

/** As docker-machine had them; a scalar that is given twice has its last value. */
export const engineOptions = {
  engineOpt: {
    flags: "--engine-opt <key=value>",
    summary: "a key of Docker's daemon.json; the value is JSON, or a text. May be given again, as all of these",
    isRepeated: true,
    put: (text, { daemon }) =>
      split(text, (key, value) => {
        if (key === "log-opt") return split(value, (name, limit) => putInto(daemon, "log-opts", name, limit));
        const parsed = parseValue(value);
        if (parsed === undefined) return notJson;
        const plural = keyOfFlag(key);
        if (plural !== undefined && !Array.isArray(parsed)) add(daemon, plural, value);
        else daemon[plural ?? key] = parsed;
        return undefined;
      }),
  },
  engineEnv: {
    flags: "--engine-env <name=value>",
    summary: "an environment variable of the engine, such as HTTP_PROXY",
    isRepeated: true,
    put: (text, { env }) =>
      split(text, (name, value) => {
        env[name] = value;
        return undefined;
      }),
  },
  engineLabel: {
    flags: "--engine-label <key=value>",
    summary: "a label of the engine",
    isRepeated: true,
    put: (text, { daemon }) => split(text, () => add(daemon, "labels", text)),
  },
  engineRegistryMirror: {
    flags: "--engine-registry-mirror <url>",
    summary: "where images are looked for first",
    isRepeated: true,
    put: (text, { daemon }) =>
      URL.canParse(text)
        ? add(daemon, "registry-mirrors", text)
        : "expected an address, such as https://mirror.example",
  },
  engineInsecureRegistry: {
    flags: "--engine-insecure-registry <host>",
    summary: "a registry that is reached without TLS, or with a certificate that nobody knows",
    isRepeated: true,
    put: (text, { daemon }) => add(daemon, "insecure-registries", text),
  },
  engineStorageDriver: {
    flags: "--engine-storage-driver <name>",
    summary: "how the engine keeps layers; overlay2 when not given",
    isRepeated: true,
    put: (text, { daemon }) => {
      daemon["storage-driver"] = text;
      return undefined;
    },
  },
} as const satisfies Record<string, EngineOption>;

export type EngineTexts = Readonly<Partial<Record<keyof typeof engineOptions, readonly string[] | undefined>>>;

/** Undefined when nothing was given. `problems` gets one line for each text that cannot be used. */
export function parseEngineOptions(texts: EngineTexts, problems: string[]): EngineSettings | undefined {
  const settings = { daemon: {}, env: {} };
  let isGiven = false;
  for (const [key, { flags, put }] of Object.entries<EngineOption>(engineOptions)) {
    for (const text of texts[key as keyof typeof engineOptions] ?? []) {
      // Object.entries forgets the type.
      isGiven = true;
      const problem = put(text, settings);
      if (problem !== undefined) problems.push(`${flags.split(" ")[0] ?? flags} ${text}: ${problem}`);
    }
  }
  return isGiven ? settings : undefined;
}

/** By the keys that `boot2docker set` knows: `engine.daemon.debug`, `engine.env.HTTP_PROXY`. */
export function flattenEngine({ daemon, env }: EngineSettings): [key: string, value: unknown][] {
  const under = (part: keyof EngineSettings, values: object): [string, unknown][] =>
    Object.entries(values).map(([key, value]) => [`engine.${part}.${key}`, value]);
  return [...under("daemon", daemon), ...under("env", env)];
}

/** What the later one says counts. */
export function mergeEngines(
  first: EngineSettings | undefined,
  later: EngineSettings | undefined,
): EngineSettings | undefined {
  if (first === undefined || later === undefined) return later ?? first;
  return { daemon: { ...first.daemon, ...later.daemon }, env: { ...first.env, ...later.env } };
}

const listFlags = ["label", "registry-mirror", "exec-opt", "storage-opt", "dns-opt", "log-opt"];

/** docker-machine took flags of dockerd, of which the file has the plural, and reads no other. Undefined for a key that is none of them. */
export function keyOfFlag(flag: string): string | undefined {
  if (flag === "insecure-registry") return "insecure-registries";
  if (flag === "dns" || flag === "dns-search") return flag;
  return listFlags.includes(flag) ? `${flag}s` : undefined;
}

function putInto(daemon: Record<string, unknown>, key: string, name: string, value: string): undefined {
  const present = daemon[key];
  daemon[key] = { ...(typeof present === "object" ? present : {}), [name]: value };
  return undefined;
}

/** What is to be said of a value that begins with a bracket. */
export const notJson = "expected JSON behind the bracket";

function split(text: string, put: (name: string, value: string) => string | undefined): string | undefined {
  const index = text.indexOf("=");
  if (index < 1) return "expected a name, = and a value";
  return put(text.slice(0, index), text.slice(index + 1));
}

function add(daemon: Record<string, unknown>, key: string, text: string): undefined {
  const present = daemon[key];
  daemon[key] = [...(Array.isArray(present) ? (present as unknown[]) : []), text];
}

/** JSON where it is, else a text. Undefined for what begins as JSON and is none. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return /^\s*[[{]/.test(text) ? undefined : text;
  }
}
