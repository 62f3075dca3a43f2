import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, downloadPackages, PackageLock } from "@boot2docker/debian";
import * as z from "zod/mini";

/**
 * Debian's docker client with buildx, as locked in `docker-client.json`: the tests do not depend on what the host has.
 * Returns the client's path; `config` becomes a DOCKER_CONFIG folder that finds the plugins.
 */
export async function dockerClient(config: string): Promise<string> {
  const lockFile = join(import.meta.dirname, "docker-client.json");
  const lock = readFileSync(lockFile, "utf8");
  const key = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const cache = cacheFolder("docker-client");
  const folder = join(cache, key);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const files = await downloadPackages(z.parse(PackageLock, JSON.parse(lock)), {}, AbortSignal.timeout(300_000));
    const staging = mkdtempSync(`${folder}.new-`);
    for (const file of files.values()) execFileSync("dpkg-deb", ["-x", file, staging]);
    renameSync(staging, folder);
  }
  mkdirSync(config, { recursive: true });
  const plugins = join(config, "cli-plugins");
  if (!existsSync(plugins)) symlinkSync(join(folder, "usr", "libexec", "docker", "cli-plugins"), plugins);
  return join(folder, "usr", "bin", "docker");
}
