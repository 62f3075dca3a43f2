import { type GuestConfig, validate } from "@boot2docker/protocol";
import * as z from "zod/mini";
import { isDeepEqual } from "./deep-equal.ts";
import { planEngineConfig } from "./engine.ts";
import { type EngineSettings, type EngineSource, isObject, joinSettings, noSettings } from "./engine-settings.ts";
import { DOCKER_ETC, OWN_DATA, PROFILE, RUN_DIR } from "./paths.ts";
import { messageOf } from "./problem.ts";
import { parseProfile } from "./profile.ts";
import type { Files, System } from "./system.ts";

const USER_FILE = `${DOCKER_ETC}/daemon.json`;
/** With which a dockerd has become ready. */
const PROVEN_FILE = `${OWN_DATA}/state/engine-settings.json`;
/** With which none did, in this boot. */
const REFUSED_FILE = `${RUN_DIR}/engine-settings-refused.json`;
const CANDIDATE_FILE = `${RUN_DIR}/daemon-candidate.json`;
const LARGEST_BYTES = 256 * 1024;

const Settings = z.object({
  daemon: z.record(z.string(), z.unknown()),
  env: z.record(z.string(), z.string()),
});
const Refused = z.object({ settings: Settings, why: z.string() });

/** By which dockerd is to run. */
export interface EngineChoice {
  settings: EngineSettings;
  /** A dockerd has become ready with them before, or they are nobody's. */
  isProven: boolean;
  /** What was wanted and cannot be had. */
  problems: string[];
}

/**
 * What `profile`, the machine's settings and the user's own daemon.json want together, checked by dockerd itself; when that
 * refuses, what worked last.
 */
export async function chooseEngineSettings(
  ofMachine: GuestConfig["engine"],
  system: System,
  signal: AbortSignal,
): Promise<EngineChoice> {
  const { files } = system;
  const { settings, problems } = joinSettings([
    ...(await readSource(PROFILE, parseProfile, files)),
    ...(ofMachine === undefined ? [] : [{ name: "the machine's settings", ...ofMachine, problems: [] }]),
    ...(await readSource(USER_FILE, parseDaemonFile, files)),
  ]);
  const proven = (await readOwn(PROVEN_FILE, Settings, files)) ?? noSettings;
  if (isDeepEqual(settings, proven)) return { settings, isProven: true, problems };
  if (isDeepEqual(settings, noSettings)) return { settings, isProven: false, problems };
  const refused = await readOwn(REFUSED_FILE, Refused, files);
  const why =
    refused !== undefined && isDeepEqual(refused.settings, settings)
      ? refused.why
      : await findFault(settings, system, signal);
  if (why === undefined) return { settings, isProven: false, problems };
  return { settings: proven, isProven: true, problems: [...problems, `${why}; what worked last is used`] };
}

export async function proveEngineSettings(settings: EngineSettings, files: Files): Promise<void> {
  await files.write(PROVEN_FILE, JSON.stringify(settings), { durable: true });
}

/** They are not tried again before the next boot. */
export async function refuseEngineSettings(settings: EngineSettings, why: string, files: Files): Promise<void> {
  await files.write(REFUSED_FILE, JSON.stringify({ settings, why }));
}

/** What dockerd finds wrong with them, without starting. */
async function findFault(
  { daemon }: EngineSettings,
  { files, processes }: System,
  signal: AbortSignal,
): Promise<string | undefined> {
  await files.write(CANDIDATE_FILE, JSON.stringify(planEngineConfig(false, daemon)));
  const argv = ["/usr/sbin/dockerd", "--validate", "--config-file", CANDIDATE_FILE] as const;
  const { code, stderr } = await processes.run(argv, signal);
  return code === 0 ? undefined : `dockerd does not take these settings: ${stderr.trim().split("\n").at(-1) ?? ""}`;
}

async function readSource(path: string, parse: (text: string) => EngineSource, files: Files): Promise<EngineSource[]> {
  const facts = await files.stat(path);
  if (facts === undefined) return [];
  if (facts.sizeBytes > LARGEST_BYTES) return [{ name: path, ...noSettings, problems: ["the file is too large"] }];
  return [{ ...parse((await files.readText(path)) ?? ""), name: path }];
}

function parseDaemonFile(text: string): EngineSource {
  const source = { name: USER_FILE, ...noSettings, problems: [] };
  if (text.trim() === "") return source;
  try {
    const daemon: unknown = JSON.parse(text);
    return isObject(daemon) ? { ...source, daemon } : { ...source, problems: ["expected an object"] };
  } catch (error) {
    return { ...source, problems: [messageOf(error)] };
  }
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
