import { UserError } from "../errors.ts";
import type { Host, Platform } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { proxyVariables } from "../machine-dir/inherited.ts";
import { launchAgentEntry } from "./launch-agent.ts";
import { type LoginEntry, markOf } from "./login-entry.ts";
import { taskEntry } from "./scheduled-task.ts";
import { unitEntry } from "./systemd-unit.ts";

export interface AutostartFacts {
  /** The machine starts at the user's next login. */
  isEnabled: boolean;
  /** What says so, or would: a file, or the name of a task on Windows. */
  place: string;
  /** Something is there that was not made for this machine. */
  isForeign: boolean;
}

const entries: Record<Platform, (host: Host, dir: MachineDir) => LoginEntry> = {
  linux: unitEntry,
  darwin: launchAgentEntry,
  win32: taskEntry,
};

const entryOf = (host: Host, dir: MachineDir): LoginEntry => entries[host.platform](host, dir);

export async function describeAutostart(host: Host, dir: MachineDir, signal: AbortSignal): Promise<AutostartFacts> {
  const entry = entryOf(host, dir);
  const found = await entry.read(signal);
  const isOwn = found?.text.includes(markOf(dir)) === true;
  return { isEnabled: isOwn && found.isOn, place: entry.place, isForeign: found !== undefined && !isOwn };
}

/** With the program and the variables of now. Throws UserError `autostart-foreign`, `autostart-unavailable`. */
export async function enableAutostart(host: Host, dir: MachineDir, signal: AbortSignal): Promise<void> {
  const { place, isForeign } = await describeAutostart(host, dir, signal);
  if (isForeign) {
    throw new UserError(`there is something that was not made for machine ${dir.name}: ${place}`, {
      code: "autostart-foreign",
      hint: `It was left as it is. Remove it, then: boot2docker autostart enable ${dir.name}`,
    });
  }
  const job = {
    name: dir.name,
    program: await lastingProgram(host),
    environment: keptEnvironment(host),
    mark: markOf(dir),
    logPath: dir.autostartLog,
  };
  await entryOf(host, dir).write(job, signal);
}

/** Whether there was one. What was not made for this machine stays. */
export async function forgetAutostart(host: Host, dir: MachineDir, signal: AbortSignal): Promise<boolean> {
  const entry = entryOf(host, dir);
  const isOwn = (await entry.read(signal))?.text.includes(markOf(dir)) === true;
  if (isOwn) await entry.remove(signal);
  return isOwn;
}

/** By its name on the PATH where that is a link to it: an upgrade moves what such a link leads to. */
async function lastingProgram({ self, processes, files }: Host): Promise<readonly string[]> {
  const named = await processes.find("boot2docker");
  if (self.length > 1 || named?.startsWith("/") !== true) return self;
  return (await files.realPath(named)) === self[0] ? [named] : self;
}

/** Where things are, and what a start takes over from its shell. */
const kept = [
  ...["BOOT2DOCKER_DIR", "BOOT2DOCKER_IMAGE_DIR", "BOOT2DOCKER_ACCELERATOR", "DOCKER_CONFIG"],
  ...proxyVariables.flatMap((name) => [name, name.toLowerCase()]),
];

function keptEnvironment({ env, platform }: Host): Record<string, string> {
  // Windows has one PATH for all programs of a user.
  const names = platform === "win32" ? kept : ["PATH", ...kept];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name] ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
}
