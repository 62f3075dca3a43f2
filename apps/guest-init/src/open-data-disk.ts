import type { GuestConfig } from "@boot2docker/protocol";
import { probeDisks } from "./block-devices.ts";
import { planDataDisk } from "./data-disk.ts";
import { clearRequest, formatDataDisk } from "./format-data-disk.ts";
import { parseMountInfo } from "./mount-info.ts";
import { DATA_MOUNT, USERDATA_TAR } from "./paths.ts";
import { Problem } from "./problem.ts";
import type { Observations } from "./state.ts";
import type { System } from "./system.ts";

/** e2fsck(8): up to here everything it found was repaired. */
const FSCK_REPAIRED = 2;

export interface DataDiskContext {
  system: System;
  /** Waits for the host; null when there is none. */
  askHost(signal: AbortSignal): Promise<GuestConfig | null>;
  /** What the host said already. */
  config: GuestConfig | null | undefined;
  report: (name: string, fields: Record<string, string | boolean>) => void;
}

/**
 * Finds the data disk, formats it if that is allowed, mounts it at DATA_MOUNT. Undefined: there is none, and memory is
 * mounted in its place. Fails with a `Problem` that says why not.
 */
export async function openDataDisk(context: DataDiskContext, signal: AbortSignal): Promise<Observations["dataDisk"]> {
  const { system, report } = context;
  const mounted = parseMountInfo(await system.files.readText("/proc/self/mountinfo")).get(DATA_MOUNT);
  if (mounted !== undefined) {
    if (mounted.fstype === "tmpfs") return undefined;
    return { device: mounted.source, mountPoint: DATA_MOUNT, readOnly: mounted.options.includes("ro") };
  }

  const disks = await probeDisks(system, signal);
  let decision = planDataDisk(disks, wishOf(context.config));
  if (decision.do === "ask-host") {
    const config = await context.askHost(signal);
    decision = planDataDisk(disks, wishOf(config));
  }
  switch (decision.do) {
    case "refuse":
      throw new Problem(...decision.problem);
    case "ask-host":
      throw new Error("the host's answer leaves the data disk undecided"); // planDataDisk asks once only
    case "without":
      report("data-disk.absent", {});
      await system.mounts.mount({ source: "tmpfs", target: DATA_MOUNT, fstype: "tmpfs", options: "nodev,mode=755" });
      return undefined;
    case "format": {
      const { device, content } = decision.disk;
      report("data-disk.formatting", { device, asked: content.kind === "magic" ? "by the disk" : "by the host" });
      const userdata = await formatDataDisk(decision.disk, system, signal);
      await mountData(device, "rw", system);
      if (userdata !== undefined) {
        await system.files.write(`${DATA_MOUNT}${USERDATA_TAR}`, userdata, { mode: 0o600, durable: true });
      }
      return { device, mountPoint: DATA_MOUNT, readOnly: false };
    }
    case "mount": {
      const { device, check } = decision;
      const access = check === "none" ? "rw" : await repair(device, check, context, signal);
      // Only now: a check that was cut short is begun anew.
      const whole = disks.find((disk) => disk.device === device);
      if (check === "full" && whole) await clearRequest(whole, system);
      await mountData(device, access, system);
      return { device, mountPoint: DATA_MOUNT, readOnly: access === "ro" };
    }
    default:
      return decision satisfies never;
  }
}

/** Undefined: not said yet. Null: there is nobody to say it. */
function wishOf(config: GuestConfig | null | undefined): GuestConfig["dataDisk"] | null | undefined {
  return config ? config.dataDisk : config;
}

/** Replays the journal and repairs what can be repaired safely. What cannot is left as it is, to be read only. */
async function repair(
  device: string,
  check: "repair" | "full",
  { system, report }: DataDiskContext,
  signal: AbortSignal,
): Promise<"rw" | "ro"> {
  const how = check === "full" ? ["-f", "-p"] : ["-p"];
  const { code, stdout } = await system.processes.run(["/usr/sbin/e2fsck", ...how, device], signal);
  const isRepaired = code !== null && code <= FSCK_REPAIRED;
  report("data-disk.checked", { device, check, isRepaired, said: stdout.trim().slice(-200) });
  return isRepaired ? "rw" : "ro";
}

/**
 * Deleted blocks go back to the host at once. A file system that finds itself damaged is not written to any more.
 *
 * `nodelalloc`: Docker flushes its records of a layer, not the layer's files. Where blocks are given to data as it is
 * written, a flush of anything flushes all that was written before it (docs/adr/0008-write-order.md).
 */
function mountData(device: string, access: "rw" | "ro", { mounts }: System): Promise<void> {
  return mounts.mount({
    source: device,
    target: DATA_MOUNT,
    fstype: "ext4",
    options: `${access},noatime,discard,nodelalloc,errors=remount-ro`,
  });
}
