import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadPackages, PackageLock } from "@boot2docker/debian";
import * as z from "zod/mini";

/** Writes the archive of an image with SQLite and a shell to `path`, from Debian's packages as `sqlite-image.json` locks them. */
export async function sqliteRootfs(path: string): Promise<string> {
  const lock = z.parse(PackageLock, JSON.parse(readFileSync(join(import.meta.dirname, "sqlite-image.json"), "utf8")));
  const packages = await downloadPackages(lock, {}, AbortSignal.timeout(300_000));
  const folder = mkdtempSync(join(tmpdir(), "b2d-sqlite-"));
  try {
    for (const file of packages.values()) execFileSync("dpkg-deb", ["-x", file, folder]);
    for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(folder, name));
    symlinkSync("busybox", join(folder, "usr/bin/sh"));
    rmSync(join(folder, "usr/share"), { recursive: true });
    execFileSync("tar", ["-C", folder, "--owner=0", "--group=0", "-cf", path, "."]);
    return path;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
