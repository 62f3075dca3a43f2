import { type GuestConfig, validate } from "@boot2docker/protocol";
import * as z from "zod/mini";
import { isDeepEqual } from "./deep-equal.ts";
import { planEngineConfig } from "./engine.ts";
import { type EngineSettings, type EngineSource, isObject, joinSettings, noSettings } from "./engine-settings.ts";
import { DOCKER_ETC, OS_RELEASE, OWN_DATA, PROFILE, RUN_DIR } from "./paths.ts";
import { messageOf } from "./problem.ts";
import { parseProfile } from "./profile.ts";
import { readBounded } from "./read-bounded.ts";
import type { Files, System } from "./system.ts";

const USER_FILE = `${DOCKER_ETC}/daemon.json`;
/** With which a dockerd has become ready. */
const PROVEN_FILE = `${OWN_DATA}/state/engine-settings.json`;
/** What the host said last. */
const MACHINE_FILE = `${OWN_DATA}/state/machine-engine.json`;
/** With which none did, in this boot. */
const REFUSED_FILE = `${RUN_DIR}/engine-settings-refused.json`;
const CANDIDATE_FILE = `${RUN_DIR}/daemon-candidate.json`;
const LONGEST_REASON = 1000;

const Settings = z.object({
  daemon: z.record(z.string(), z.unknown()),
  env: z.record(z.string(), z.string()),
});
const Proven = z.object({ settings: Settings, version: z.string() });
const Refused = z.object({ settings: Settings, why: z.string() });

/** By which dockerd is to run. */
export interface EngineChoice {
  settings: EngineSettings;
  /** A dockerd of this image has become ready with them before, or they are nobody's. */
  isProven: boolean;
  /** What was wanted and cannot be had. */
  problems: string[];
}

/**
 * What `profile`, the machine's settings and the user's own daemon.json want together, checked by dockerd itself. When a
 * source cannot be read, or dockerd refuses: what worked last. `config` is null when the host says nothing: then the machine's
 * settings are what it said last.
 */
export async function chooseEngineSettings(
  config: GuestConfig | null,
  system: System,
  signal: AbortSignal,
): Promise<EngineChoice> {
  const { files } = system;
  const ofMachine = await rememberMachine(config, files);
  const sources = [
    await readSource(PROFILE, parseProfile, files),
    { name: "the machine's settings", ...ofMachine, problems: [] },
    await readSource(USER_FILE, parseDaemonFile, files),
  ];
  const { settings, problems } = joinSettings(sources.filter((source) => source !== undefined));
  const proven = await readOwn(PROVEN_FILE, Proven, files);
  const goBack = (to: EngineSettings, why: string[]): EngineChoice => ({
    settings: to,
    isProven: true,
    problems: [...problems, ...why, "what worked last is used"],
  });
  // What the others want may be just what it was to change.
  if (proven !== undefined && sources.some((source) => source?.isBroken === true)) return goBack(proven.settings, []);
  if (isDeepEqual(settings, noSettings)) {
    if (proven !== undefined) await files.remove(PROVEN_FILE);
    return { settings, isProven: true, problems };
  }
  if (isDeepEqual(proven, { settings, version: await readImageVersion(files) })) {
    return { settings, isProven: true, problems };
  }
  const refused = await readOwn(REFUSED_FILE, Refused, files);
  const why =
    refused !== undefined && isDeepEqual(refused.settings, settings)
      ? refused.why
      : await findFault(settings, system, signal);
  if (why === undefined) return { settings, isProven: false, problems };
  // What worked with another image may be just what does not with this one.
  const isSame = proven === undefined || isDeepEqual(settings, proven.settings);
  return goBack(isSame ? noSettings : proven.settings, [why]);
}

export async function proveEngineSettings(settings: EngineSettings, files: Files): Promise<void> {
  const proven = { settings, version: await readImageVersion(files) };
  await files.write(PROVEN_FILE, JSON.stringify(proven), { durable: true });
}

/** They are not tried again before the next boot. */
export async function refuseEngineSettings(settings: EngineSettings, why: string, files: Files): Promise<void> {
  await files.write(REFUSED_FILE, JSON.stringify({ settings, why }));
}

/** What the machine's settings are, by the host or, while that is away, by what it said last. */
async function rememberMachine(config: GuestConfig | null, files: Files): Promise<EngineSettings> {
  const last = (await readOwn(MACHINE_FILE, Settings, files)) ?? noSettings;
  if (config === null) return last;
  const now = config.engine ?? noSettings;
  if (!isDeepEqual(now, last)) await files.write(MACHINE_FILE, JSON.stringify(now), { durable: true });
  return now;
}

/** What dockerd finds wrong with them, without starting. */
async function findFault(
  { daemon }: EngineSettings,
  { files, processes }: System,
  signal: AbortSignal,
): Promise<string | undefined> {
  await files.write(CANDIDATE_FILE, JSON.stringify(planEngineConfig(false, daemon)));
  const argv = ["/usr/sbin/dockerd", "--validate", "--config-file", CANDIDATE_FILE] as const;
  try {
    const { code, stderr } = await processes.run(argv, signal);
    return code === 0 ? undefined : `dockerd does not take these settings: ${lastLine(stderr)}`;
  } catch (error) {
    return `dockerd does not say what it thinks of these settings: ${messageOf(error)}`;
  }
}

function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").slice(0, LONGEST_REASON);
}

type ReadSource = EngineSource & { isBroken?: true };

/** Undefined when there is no such file. */
async function readSource(
  path: string,
  parse: (text: string) => EngineSource,
  files: Files,
): Promise<ReadSource | undefined> {
  try {
    const text = await readBounded(path, files);
    return text === undefined ? undefined : { ...parse(text), name: path };
  } catch (error) {
    return { name: path, ...noSettings, problems: [messageOf(error).slice(0, LONGEST_REASON)], isBroken: true };
  }
}

function parseDaemonFile(text: string): EngineSource {
  const daemon: unknown = text.trim() === "" ? {} : JSON.parse(text);
  if (!isObject(daemon)) throw new Error("expected an object");
  return { name: USER_FILE, daemon, env: {}, problems: [] };
}

async function readImageVersion(files: Files): Promise<string> {
  return /^VERSION_ID=(.*)$/m.exec((await files.readText(OS_RELEASE)) ?? "")?.[1] ?? "";
}

/** Undefined when it is not there, or not what we wrote. */
async function readOwn<S extends z.ZodMiniType>(
  path: string,
  schema: S,
  files: Files,
): Promise<z.output<S> | undefined> {
  const text = await files.readText(path);
  if (text === undefined) return undefined;
  try {
    const found = validate(schema, JSON.parse(text));
    return found.ok ? found.value : undefined;
  } catch {
    return undefined; // Cut off; it only saves a check.
  }
}
