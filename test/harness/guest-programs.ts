import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageFolder } from "./machine.ts";
import { must, type Ran, run } from "./run.ts";

/**
 * Programs of the image, to be run on this host for what a machine would do with its disk. This host's own are of another version:
 * the e2fsck of Debian 12 leaves what the machine's clears (docs/power-cuts.md).
 */
export interface GuestPrograms extends Disposable {
  run(program: (typeof programs)[number], args: readonly string[]): Promise<Ran>;
}

const programs = ["e2fsck", "blkid"] as const;

export async function unpackGuestPrograms(): Promise<GuestPrograms> {
  const folder = mkdtempSync(join(tmpdir(), "b2d-guest-"));
  const [packed, image, root] = [join(imageFolder, "root.img.xz"), join(folder, "root.img"), join(folder, "root")];
  await must("sh", ["-c", 'xz -dc "$1" > "$2"', "sh", packed, image]);
  const wanted = ["usr/lib/*-linux-gnu/*.so*", ...programs.map((program) => `usr/sbin/${program}`)];
  await must("unsquashfs", ["-quiet", "-no-progress", "-dest", root, image, ...wanted]);
  rmSync(image);
  const libraries = join(root, "usr/lib", onlyOne(readdirSync(join(root, "usr/lib")), /-linux-gnu$/));
  const loader = join(libraries, onlyOne(readdirSync(libraries), /^ld-linux/));
  return {
    run: (program, args) => run(loader, ["--library-path", libraries, join(root, "usr/sbin", program), ...args]),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

function onlyOne(names: readonly string[], pattern: RegExp): string {
  const [name, ...others] = names.filter((one) => pattern.test(one));
  if (name === undefined || others.length > 0) throw new Error(`${String(pattern)} is one of ${names.join(", ")}`);
  return name;
}
