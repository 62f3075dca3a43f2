import { FORMAT_REQUEST, type GuestConfig } from "@boot2docker/protocol";
import { probeDisks, REQUEST_BYTES } from "./block-devices.ts";
import { DATA_LABEL, type Disk, planDataDisk } from "./data-disk.ts";
import { parseMountInfo } from "./mount-info.ts";
import { DATA_MOUNT, USERDATA_TAR } from "./paths.ts";
import { Problem } from "./problem.ts";
import type { Observations } from "./state.ts";
import type { System } from "./system.ts";

/** Not part of the file system. mkfs wipes the last 64 KiB of what it is given. */
const TAIL_BYTES = 128 * 1024;
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
      throw new Problem(decision.reason.code, decision.reason.message, decision.reason.hint ?? "");
    case "ask-host":
      throw new Error("the host's answer leaves the data disk undecided"); // planDataDisk asks once only
    case "without":
      report("data-disk.absent", {});
      await system.mounts.mount({ source: "tmpfs", target: DATA_MOUNT, fstype: "tmpfs", options: "nodev,mode=755" });
      return undefined;
    case "format": {
      const { device, content } = decision.disk;
      report("data-disk.formatting", { device, asked: content.kind === "magic" ? "by the disk" : "by the host" });
      const userdata = await format(decision.disk, system, signal);
      await mountData(device, "rw", system);
      if (userdata !== undefined) {
        await system.files.write(`${DATA_MOUNT}${USERDATA_TAR}`, userdata, { mode: 0o600, durable: true });
      }
      return { device, mountPoint: DATA_MOUNT, readOnly: false };
    }
    case "mount": {
      const { device } = decision;
      const access = decision.isClean ? "rw" : await repair(device, context, signal);
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

/**
 * While it lasts, the request to format is at the end of the disk, which is kept out of the file system: cut short, it
 * is begun anew at the next boot. Returns the user's archive that came with the request.
 */
async function format(disk: Disk, { files, processes }: System, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const { device, content } = disk;
  const end = disk.sizeBytes - REQUEST_BYTES;
  const nothing = new Uint8Array(REQUEST_BYTES);
  const request = nothing.slice();
  if (content.kind === "magic")
    request.set(await files.readPart(device, content.at === "end" ? end : 0, REQUEST_BYTES));
  else request.set(new TextEncoder().encode(FORMAT_REQUEST));
  await files.overwrite(device, end, request);
  await makeFileSystem(device, disk.sizeBytes - TAIL_BYTES, processes, signal);
  await files.overwrite(device, end, nothing);
  return request.subarray(FORMAT_REQUEST.length).some((byte) => byte !== 0) ? request : undefined;
}

async function makeFileSystem(
  device: string,
  sizeBytes: number,
  processes: System["processes"],
  signal: AbortSignal,
): Promise<void> {
  const { code, stderr } = await processes.run(
    [
      "/usr/sbin/mkfs.ext4",
      "-q",
      // It would wait for an answer otherwise. planDataDisk has made sure that there is nothing to lose.
      "-F",
      // Many small files: overlay2 ran out of inodes with the default ratio (PER-07).
      ...["-i", "8192"],
      ...["-L", DATA_LABEL],
      // The kernel finishes in the background; a fresh disk has nothing to discard.
      ...["-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1"],
      device,
      `${Math.floor(sizeBytes / 1024)}k`,
    ],
    signal,
  );
  if (code !== 0) throw new Error(`mkfs.ext4 ${device} ended with code ${String(code)}: ${stderr.trim()}`);
}

/** Replays the journal and repairs what can be repaired safely. What cannot is left as it is, to be read only. */
async function repair(device: string, { system, report }: DataDiskContext, signal: AbortSignal): Promise<"rw" | "ro"> {
  const { code, stdout } = await system.processes.run(["/usr/sbin/e2fsck", "-p", device], signal);
  const isRepaired = code !== null && code <= FSCK_REPAIRED;
  report("data-disk.checked", { device, isRepaired, said: stdout.trim().slice(-200) });
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
