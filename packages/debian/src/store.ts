import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtempDisposable, rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cacheFolder } from "./cache.ts";
import { fetchFile } from "./fetch-file.ts";
import type { LockedPackage } from "./locked-package.ts";

/** Where a package lies once it was downloaded: outside any checkout, by its bytes. A file there is whole. */
export function storedPath(entry: LockedPackage): string {
  return join(storeFolder(), entry.sha256);
}

export function isStored(entry: LockedPackage): boolean {
  return existsSync(storedPath(entry));
}

/** Downloads a package into the store. Throws when its bytes are others than the entry says, and keeps nothing then. */
export async function storePackage(base: string, entry: LockedPackage, signal: AbortSignal): Promise<void> {
  await mkdir(storeFolder(), { recursive: true });
  await using staging = await mkdtempDisposable(join(storeFolder(), "new-"));
  const file = join(staging.path, "package.deb");
  await fetchFile(`${base}/${entry.path}`, file, signal);
  const actual = await hashFile(file);
  if (actual !== entry.sha256) throw new Error(`${base}/${entry.path} has SHA-256 ${actual}, wanted ${entry.sha256}`);
  await rename(file, storedPath(entry));
}

function storeFolder(): string {
  return cacheFolder("debian");
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
