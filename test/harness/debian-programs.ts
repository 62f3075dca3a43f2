import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, downloadPackages, PackageLock } from "@boot2docker/debian";
import * as z from "zod/mini";

/** Debian's docker client, and what it returns finds its plugins by the DOCKER_CONFIG folder `config`. */
export async function dockerClient(config: string): Promise<string> {
  const folder = await debianPrograms();
  mkdirSync(config, { recursive: true });
  const plugins = join(config, "cli-plugins");
  if (!existsSync(plugins)) symlinkSync(join(folder, "usr", "libexec", "docker", "cli-plugins"), plugins);
  return join(folder, "usr", "bin", "docker");
}

/** Root of the packages in `debian-programs.json`: the tests do not depend on what the host has. */
export async function debianPrograms(): Promise<string> {
  const lock = readFileSync(join(import.meta.dirname, "debian-programs.json"), "utf8");
  const key = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const cache = cacheFolder("test-programs");
  const folder = join(cache, key);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const files = await downloadPackages(z.parse(PackageLock, JSON.parse(lock)), {}, AbortSignal.timeout(300_000));
    const staging = mkdtempSync(`${folder}.new-`);
    for (const file of files.values()) execFileSync("dpkg-deb", ["-x", file, staging]);
    renameSync(staging, folder);
  }
  return folder;
}
