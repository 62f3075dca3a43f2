import { isLiveRestoreOn } from "./docker.ts";
import type { Daemon } from "./engine-flags.ts";
import { ENGINE_CONFIG_FILE, RUN_DIR } from "./paths.ts";
import type { ProcessIdentity, System } from "./system.ts";

/**
 * With live-restore a dockerd that starts takes over the containers that run, and one that is told to end leaves them
 * running. It forbids `docker swarm init`, so that it is on only when a dockerd takes over from one that died or is
 * replaced: what a dockerd is at the moment of its death does not matter to the containers. docs/adr/0010.
 */
const KEY = "live-restore";

const DATA_ROOT = "/var/lib/docker";
/** With userns-remap all that is dockerd's lies one level deeper. */
const REMAPPED_ROOT = /^\d+\.\d+$/;
const SWARM_STATE = "swarm/docker-state.json";
const ENGINE_RAN_MARK = `${RUN_DIR}/engine-ran`;
/** dockerd has no event for "configuration reloaded" that could not be missed. */
const RELOAD_POLL_MS = 50;
const RELOAD_LIMIT_MS = 30_000;

/** For a dockerd that is about to start. */
export async function writeEngineConfig(config: Daemon, { files }: System): Promise<void> {
  const mayHaveContainers = (await files.stat(ENGINE_RAN_MARK)) !== undefined;
  const isOn = (config[KEY] === true || mayHaveContainers) && !(await hasSwarmState(files));
  await files.write(ENGINE_CONFIG_FILE, JSON.stringify({ ...config, [KEY]: isOn }, undefined, 2));
  await files.write(ENGINE_RAN_MARK, "");
}

/** For one that has become ready: it has taken over what there was. */
export async function endTakeover(
  process: ProcessIdentity,
  config: Daemon,
  system: System,
  signal: AbortSignal,
): Promise<void> {
  const isOn = (await readConfig(system))[KEY] === true;
  if (isOn && config[KEY] !== true) await switchLiveRestore(process, false, system, signal);
}

/**
 * For one that is about to be replaced by another: its containers are to go on. Swarm forbids that. Fails when dockerd does
 * not answer: its containers would end with it.
 */
export async function beginTakeover(process: ProcessIdentity, system: System, signal: AbortSignal): Promise<void> {
  // One that has it since its start, and has not become ready, keeps it.
  if ((await readConfig(system))[KEY] === true || (await hasSwarmState(system.files))) return;
  await switchLiveRestore(process, true, system, signal);
}

/** By a reload, which dockerd can do. One that is just starting answers a little later. */
export async function switchLiveRestore(
  process: ProcessIdentity,
  isWanted: boolean,
  system: System,
  signal: AbortSignal,
): Promise<void> {
  const limited = system.clock.deadline(RELOAD_LIMIT_MS, signal);
  if ((await awaitLiveRestore(system, limited)) === isWanted) return;
  const config = { ...(await readConfig(system)), [KEY]: isWanted };
  await system.files.write(ENGINE_CONFIG_FILE, JSON.stringify(config, undefined, 2));
  await system.processes.kill(process, "SIGHUP");
  while ((await isLiveRestoreOn(system.network, limited)) !== isWanted) {
    await system.clock.wait(RELOAD_POLL_MS, limited);
  }
}

async function awaitLiveRestore({ network, clock }: System, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    try {
      return await isLiveRestoreOn(network, signal);
    } catch {
      await clock.wait(RELOAD_POLL_MS, signal); // It does not listen yet; the limit ends it.
    }
  }
}

async function readConfig({ files }: System): Promise<Daemon> {
  // The file is our own.
  return JSON.parse((await files.readText(ENGINE_CONFIG_FILE)) ?? "{}") as Daemon;
}

async function hasSwarmState(files: System["files"]): Promise<boolean> {
  const remapped = (await files.list(DATA_ROOT)).filter((name) => REMAPPED_ROOT.test(name));
  for (const root of [DATA_ROOT, ...remapped.map((name) => `${DATA_ROOT}/${name}`)]) {
    if ((await files.stat(`${root}/${SWARM_STATE}`)) !== undefined) return true;
  }
  return false;
}
