import { copyFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "@boot2docker/debian";

export interface IsoInputs {
  vmlinuz: string;
  initrd: string;
  squashfs: string;
  /** The boot loader's files, from the packages isolinux and syslinux-common, and our configuration. */
  loader: { isolinux: string; mbr: string; ldlinux: string; config: string };
  version: string;
  epoch: number;
}

/** A CD's label has 32 characters; docker-machine reads the version behind `-v` (BLD-10). */
export function volumeLabel(version: string): string {
  const label = `b2d-v${version}`;
  if (label.length > 32) throw new Error(`the volume label ${label} is longer than 32 characters: shorten the version`);
  return label;
}

/** Writes an ISO that boots as CD, and as USB stick or disk, on a PC with a BIOS (El Torito, isohybrid). */
export async function makeIso(inputs: IsoInputs, output: string, staging: string, signal: AbortSignal): Promise<void> {
  for (const folder of ["boot", "isolinux"]) mkdirSync(join(staging, folder), { recursive: true });
  const place = (source: string, name: string) => {
    copyFileSync(source, join(staging, name));
    utimesSync(join(staging, name), inputs.epoch, inputs.epoch);
  };
  place(inputs.vmlinuz, "boot/vmlinuz");
  place(inputs.initrd, "boot/initrd.img");
  place(inputs.squashfs, "boot/root.squashfs");
  place(inputs.loader.config, "isolinux/isolinux.cfg");
  place(inputs.loader.isolinux, "isolinux/isolinux.bin");
  place(inputs.loader.ldlinux, "isolinux/ldlinux.c32");
  writeFileSync(join(staging, "version"), `${inputs.version}\n`);
  rmSync(output, { force: true });
  const date = new Date(inputs.epoch * 1000).toISOString().replace(/\D/g, "").slice(0, 16);
  await runTool(
    { command: "xorriso", package: "xorriso" },
    [
      ...["-as", "mkisofs", "-quiet", "-o", output, "-V", volumeLabel(inputs.version), "-A", "Boot2Docker"],
      ...["-rational-rock", "-no-pad", `--modification-date=${date}`, "--set_all_file_dates", date],
      ...["-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4"],
      ...["-boot-info-table", "-isohybrid-mbr", inputs.loader.mbr, staging],
    ],
    { env: { SOURCE_DATE_EPOCH: String(inputs.epoch) } },
    signal,
  );
}
