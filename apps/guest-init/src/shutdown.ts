import { switchLiveRestore } from "./live-restore.ts";
import type { Fields } from "./log.ts";
import { parseMountInfo } from "./mount-info.ts";
import { DATA_MOUNT } from "./paths.ts";
import { messageOf } from "./problem.ts";
import type { Supervisor } from "./supervisor.ts";
import type { System } from "./system.ts";

type Report = (name: string, fields?: Fields) => void;

/** The kernel tells nobody that the last process is gone. */
const ENDED_POLL_MS = 50;

export interface EngineStop {
  system: System;
  supervisor: Supervisor;
  report: Report;
  limitMs: number;
}

/**
 * Lets dockerd stop the containers with their own timeouts, as its own shutdown: those with a restart policy run again
 * at the next boot. Stopping them through the API would mark them as stopped by their user.
 */
export async function stopEngine(
  { system, supervisor, report, limitMs }: EngineStop,
  signal: AbortSignal,
): Promise<void> {
  const process = supervisor.get("dockerd")?.process;
  if (process !== undefined) {
    try {
      await switchLiveRestore(process, false, system, signal);
    } catch (error) {
      // Its containers are then ended with all other processes.
      report("engine.containers-not-stopped", { reason: messageOf(error) });
    }
  }
  await supervisor.stop("dockerd", limitMs, signal);
}

export async function endProcesses({ processes, clock }: System, graceMs: number, signal: AbortSignal): Promise<void> {
  processes.killAll("SIGTERM");
  const grace = clock.deadline(graceMs, signal);
  while ((await processes.others()).length > 0) {
    if (grace.aborted) processes.killAll("SIGKILL");
    await clock.wait(ENDED_POLL_MS, signal);
  }
}

/** Of the data disk: the rest is in memory or read-only. What is busy is at least made safe. */
export async function unmountAll({ files, mounts }: System, report: Report): Promise<void> {
  const readTargets = async (): Promise<string[]> =>
    [...parseMountInfo(await files.readText("/proc/self/mountinfo")).keys()]
      .filter((target) => target === DATA_MOUNT || target.startsWith("/var/lib/") || target.startsWith("/mnt/"))
      .reverse();
  if ((await readTargets()).includes(DATA_MOUNT)) await mounts.sync(DATA_MOUNT);
  for (const target of await readTargets()) {
    // A mount that is shared goes from all its places at once.
    if (!(await readTargets()).includes(target)) continue;
    try {
      await mounts.unmount(target, "now");
    } catch (error) {
      report("unmount.busy", { target, reason: messageOf(error) });
      await detach(target, mounts, report);
    }
  }
}

async function detach(target: string, mounts: System["mounts"], report: Report): Promise<void> {
  try {
    if (target === DATA_MOUNT) {
      // Nothing else waits for what a busy one still has to write.
      await mounts.sync(target);
      await mounts.mount({ source: "none", target, fstype: "none", options: "remount,ro" });
    }
    await mounts.unmount(target, "lazy");
  } catch (error) {
    report("unmount.failed", { target, reason: messageOf(error) });
  }
}
