import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, hashFile } from "./cache.ts";
import { fetchFile } from "./fetch-file.ts";
import { isSameMajor, type LockedPackage } from "./locked-package.ts";
import { findMirror } from "./mirror.ts";
import { openPrivateApt } from "./private-apt.ts";

export interface DownloadOptions {
  /** Base of an archive that keeps old versions; by default `BOOT2DOCKER_DEBIAN_SNAPSHOT`, otherwise Debian's own. */
  snapshot?: string;
  /** When the lock was made, as the snapshot archive writes it: `20261123T000000Z`. Without it the newest state. */
  lockedAt?: string;
  /**
   * Called for each package whose locked version could not be had and that a newer one of the same major, under a
   * signed index, stands in for. Without it that is an error.
   */
  onReplaced?: (locked: LockedPackage, replacement: LockedPackage) => void;
  /** One line for people. */
  onProgress?: (message: string) => void;
  /** dpkg's word, for a replacement: `amd64`. */
  architecture?: string;
  /** Whose signature a replacement's index must carry. Debian's own keys when absent. */
  keyring?: string;
}

const defaultSnapshot = "https://snapshot.debian.org/archive/debian";
const endOfTime = "99991231T235959Z";

/**
 * The `.deb` file of each package, by name, from the cache or downloaded. Every file has the SHA-256 of its lock entry
 * (or of the signed index, where `onReplaced` was told); a file that has not is never kept.
 *
 * Looks at the mirror, then at the snapshot archive, then for a replacement. Throws with all reasons.
 */
export async function downloadPackages(
  locked: readonly LockedPackage[],
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  const missing = locked.filter((entry) => !existsSync(cached(entry)));
  for (const entry of locked) result.set(entry.name, cached(entry));
  if (missing.length === 0) return result;

  const megabytes = Math.ceil(missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6);
  options.onProgress?.(`downloading ${missing.length} Debian packages (${megabytes} MB)`);
  const mirrors = new Map<string, Promise<string>>();
  for (const { suite } of missing) mirrors.set(suite, mirrors.get(suite) ?? findMirror(suite, signal));
  await Promise.allSettled(mirrors.values());
  const lost = new Map<LockedPackage, string[]>();
  for (const [index, entry] of missing.entries()) {
    options.onProgress?.(`${index + 1}/${missing.length} ${entry.name} ${entry.version}`);
    const bases = [mirrors.get(entry.suite) ?? "", snapshotBase(options)];
    const reasons = await downloadFrom(bases, entry, signal);
    if (reasons !== undefined) lost.set(entry, reasons);
  }
  if (lost.size > 0) {
    for (const [name, path] of await replace(lost, options, signal)) result.set(name, path);
  }
  return result;
}

function snapshotBase({ snapshot, lockedAt }: DownloadOptions): string {
  const base = snapshot ?? process.env["BOOT2DOCKER_DEBIAN_SNAPSHOT"] ?? defaultSnapshot;
  return `${base.replace(/\/+$/, "")}/${lockedAt ?? endOfTime}`;
}

/** Tries one source after the other; gives nothing when one had the file, otherwise why none did. */
async function downloadFrom(
  bases: readonly (Promise<string> | string)[],
  entry: LockedPackage,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const reasons: string[] = [];
  for (const base of bases) {
    try {
      await downloadOne(await base, entry, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  return reasons;
}

async function downloadOne(base: string, entry: LockedPackage, signal: AbortSignal): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const staging = await mkdtemp(join(cacheFolder(), "new-"));
  try {
    const file = join(staging, "package.deb");
    await fetchFile(`${base}/${entry.path}`, file, signal);
    const actual = await hashFile(file);
    if (actual !== entry.sha256) throw new Error(`${base}/${entry.path} has SHA-256 ${actual}, wanted ${entry.sha256}`);
    await rename(file, cached(entry));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function replace(
  lost: ReadonlyMap<LockedPackage, readonly string[]>,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const why = [...lost].map(([{ name, version }, reasons]) => `\n  ${name} ${version}: ${reasons.join("; ")}`).join("");
  const { onReplaced } = options;
  if (onReplaced === undefined) throw new Error(`locked packages that no archive has:${why}`);
  const paths = new Map<string, string>();
  for (const suite of new Set([...lost.keys()].map((entry) => entry.suite))) {
    const entries = [...lost.keys()].filter((entry) => entry.suite === suite);
    const base = await findMirror(suite, signal);
    const { architecture = "amd64", keyring } = options;
    const apt = await openPrivateApt(
      { base, suites: [suite], architecture, ...(keyring === undefined ? {} : { keyring }) },
      signal,
    );
    try {
      const current = await apt.locate(entries, signal);
      for (const [index, entry] of entries.entries()) {
        const replacement = current[index];
        if (replacement === undefined || !isSameMajor(entry.version, replacement.version)) {
          const other = replacement === undefined ? "" : ` (${suite} has ${replacement.version}: another major)`;
          throw new Error(
            `locked packages that no archive has:${why}\n  nothing may stand in for ${entry.name}${other}`,
          );
        }
        if (!existsSync(cached(replacement))) await downloadOne(base, replacement, signal);
        onReplaced(entry, replacement);
        paths.set(entry.name, cached(replacement));
      }
    } finally {
      await apt.close();
    }
  }
  return paths;
}

function cached(entry: LockedPackage): string {
  return join(cacheFolder(), entry.sha256);
}
