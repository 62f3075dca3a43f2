import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { downloadPackages, PackageLock } from "@boot2docker/debian";
import * as z from "zod/mini";

/** Text of one file of a Debian package that the image is built from, whether or not the image has that file. */
export async function readPackageFile(packageName: string, path: string): Promise<string> {
  const iso = dirname(createRequire(import.meta.url).resolve("@boot2docker/iso/package.json"));
  const { lockedAt, packages } = z.parse(PackageLock, JSON.parse(readFileSync(join(iso, "lock.json"), "utf8")));
  const lock = { lockedAt, packages: packages.filter(({ name }) => name === packageName) };
  const deb = (await downloadPackages(lock, {}, AbortSignal.timeout(300_000))).get(packageName);
  if (deb === undefined) throw new Error(`${packageName} is not in the image's lock`);
  const folder = mkdtempSync(join(tmpdir(), "b2d-package-"));
  try {
    execFileSync("dpkg-deb", ["-x", deb, folder]);
    return readFileSync(join(folder, path), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
