import { rmSync } from "node:fs";
import { runTool } from "@boot2docker/debian";
import { writeTar } from "./tar.ts";
import type { Entry } from "./tree.ts";

/** How the blocks are stored: as they are, for a disk image that boots fast, or small, for a medium. */
export const squashfsKinds = {
  plain: ["-noI", "-noD", "-noF", "-noX"],
  small: ["-comp", "xz", "-b", "1M", "-Xbcj", "x86"],
  /** Nobody ships it: for tests that only ask whether two builds are equal. */
  quick: ["-comp", "gzip", "-Xcompression-level", "1"],
} as const;
export type SquashfsKind = keyof typeof squashfsKinds;

/** Writes the tree as a squashfs image. Needs no root: the owners come out of the archive that it is fed. */
export async function makeSquashfs(
  entries: readonly Entry[],
  output: string,
  kind: SquashfsKind,
  epoch: number,
  signal: AbortSignal,
): Promise<void> {
  rmSync(output, { force: true });
  const root = ["-root-mode", "755", "-root-uid", "0", "-root-gid", "0"];
  await runTool(
    // Not sqfstar: the one of 4.5.1 takes the value of an -X option for the output.
    { command: "mksquashfs", package: "squashfs-tools" },
    ["-", output, "-tar", ...squashfsKinds[kind], "-quiet", "-no-progress", "-no-xattrs", "-exit-on-error", ...root],
    // Sets the image's own date, which has no place in an archive.
    { input: writeTar(entries, epoch), env: { SOURCE_DATE_EPOCH: String(epoch) } },
    signal,
  );
}
