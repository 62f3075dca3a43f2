import { CHECK_REQUEST, type GuestEvent, REQUEST_BYTES } from "@boot2docker/protocol";
import { exitCodes, UserError } from "../errors.ts";
import { readMachineConfig, writeMachineConfig } from "../machine-dir/config-file.ts";
import { renderSize } from "../size.ts";
import type { Context } from "./context.ts";
import { checkDataDisk } from "./data-disk.ts";
import { mostDiskBytes, shutdownLimitMs } from "./limits.ts";
import type { DiskCheck } from "./machine.ts";
import { inRow } from "./row.ts";
import { runDown } from "./stop.ts";
import { runUp } from "./up.ts";
import { withAgent } from "./with-agent.ts";

/** A file system of terabytes is grown group by group. */
const growLimitMs = 600_000;
const trimLimitMs = 600_000;

/** The machine's lock is held. */
export async function runGrowDisk(context: Context, sizeBytes: number): Promise<void> {
  const { host, dir, driver, progress, signal } = context;
  await checkDataDisk(host, dir);
  const config = await readMachineConfig(host, dir);
  const current = (await host.files.stat(dir.dataDisk))?.sizeBytes ?? 0;
  checkGrowth(dir.name, current, sizeBytes);
  if (sizeBytes > current) {
    await inRow(progress, `disk grown to ${renderSize(sizeBytes)}`, async () => {
      const isOn = (await driver.inspect()).state === "on";
      await (isOn ? driver.growDisk(sizeBytes, signal) : host.files.grow(dir.dataDisk, sizeBytes));
      await writeMachineConfig(host, dir, { ...config, diskBytes: sizeBytes });
    });
  }
  // Also where the disk has its size already: the guest may have been away when it got it.
  if ((await driver.inspect()).state === "off") return;
  await inRow(progress, "file system grown", () =>
    withAgent(context, growLimitMs, (agent, limit) => agent.call("disk.grow", {}, limit)),
  );
}

export function runTrimDisk(context: Context): Promise<number> {
  return inRow(context.progress, "free blocks given back", async () => {
    const { trimmedBytes } = await withAgent(context, trimLimitMs, (agent, limit) =>
      agent.call("disk.trim", {}, limit),
    );
    return trimmedBytes;
  });
}

/** The machine's lock is held. */
export async function runCheckDisk(context: Context): Promise<DiskCheck> {
  const { host, dir, driver } = context;
  await checkDataDisk(host, dir);
  if ((await driver.inspect()).state === "on") await runDown(context, { timeoutMs: shutdownLimitMs, force: false });
  await requestCheck(context);
  let failure: UserError | undefined;
  try {
    await runUp(context, await readMachineConfig(host, dir));
  } catch (error) {
    // A disk that cannot be repaired keeps the engine from starting; what e2fsck said is worth more.
    if (!(error instanceof UserError)) throw error;
    failure = error;
  }
  const { events } = await withAgent(context, trimLimitMs, (agent, limit) =>
    agent.call("events.since", { sequence: 0 }, limit),
  );
  const checked = events.findLast(({ name }) => name === "data-disk.checked");
  if (checked !== undefined) return checkOf(checked);
  if (failure !== undefined) throw failure;
  throw new UserError(`the disk of ${dir.name} was not checked`, {
    code: "disk-not-checked",
    hint: `See: boot2docker logs ${dir.name} guest-init`,
  });
}

/** Throws UserError `disk-not-checkable` where the end of the disk may be somebody's: it is only written to when it is not. */
async function requestCheck({ host, dir }: Context): Promise<void> {
  const size = (await host.files.stat(dir.dataDisk))?.sizeBytes ?? 0;
  const start = await host.files.readPart(dir.dataDisk, 0, REQUEST_BYTES);
  const end = await host.files.readPart(dir.dataDisk, size - REQUEST_BYTES, REQUEST_BYTES);
  const request = new Uint8Array(REQUEST_BYTES);
  request.set(new TextEncoder().encode(CHECK_REQUEST));
  const isUnused = end.every((byte) => byte === 0) || Buffer.compare(end, request) === 0;
  if (!isUnused || !leavesTail(start, size)) {
    throw new UserError(
      `the disk of ${dir.name} cannot be asked for a check: it was not formatted by this boot2docker`,
      {
        code: "disk-not-checkable",
        hint: "Nothing on it was changed. Start the machine: a disk that was not unmounted is checked then.",
      },
    );
  }
  await host.files.overwrite(dir.dataDisk, size - REQUEST_BYTES, request);
}

/** The whole disk is one ext4 that ends 128 KiB before the disk does (apps/guest-init/src/format-data-disk.ts). */
function leavesTail(start: Uint8Array, diskBytes: number): boolean {
  const superblock = 1024;
  if (start.byteLength < 2 * superblock) return false;
  const view = new DataView(start.buffer, start.byteOffset + superblock, superblock);
  const blocks = view.getUint32(0x150, true) * 2 ** 32 + view.getUint32(0x4, true);
  const bytes = blocks * (1024 << view.getUint32(0x18, true));
  return view.getUint16(0x38, true) === 0xef53 && bytes > 0 && bytes <= diskBytes - 128 * 1024;
}

function checkOf({ fields }: GuestEvent): DiskCheck {
  return { isGood: fields["isRepaired"] === true, said: String(fields["said"] ?? "") };
}

/** Throws UserError `disk-shrinks` (exit 2). */
export function checkGrowth(name: string, currentBytes: number, wantedBytes: number): void {
  if (wantedBytes > mostDiskBytes) {
    throw new UserError(`the disk of ${name} cannot become ${renderSize(wantedBytes)}`, {
      code: "settings-invalid",
      hint: `Ask for at most ${renderSize(mostDiskBytes)}.`,
      exitCode: exitCodes.usage,
    });
  }
  if (wantedBytes >= currentBytes) return;
  throw new UserError(
    `the disk of ${name} has ${renderSize(currentBytes)} and cannot become ${renderSize(wantedBytes)}: disks only grow`,
    {
      code: "disk-shrinks",
      hint: "It takes no more of this host than what is on it. `boot2docker disk trim` gives back what was deleted.",
      exitCode: exitCodes.usage,
    },
  );
}
