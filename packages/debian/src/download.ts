import type { LockedPackage, PackageLock } from "./locked-package.ts";
import { findMirror, requireSuite } from "./mirror.ts";
import { replacePackages } from "./replacement.ts";
import { isStored, storedPath, storePackage } from "./store.ts";

export interface DownloadOptions {
  /** Base of an archive that keeps old versions; by default `BOOT2DOCKER_DEBIAN_SNAPSHOT`, otherwise Debian's own. */
  snapshot?: string;
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

/**
 * The `.deb` file of each package, by name, from the store or downloaded. Every file has the SHA-256 of its lock entry
 * (or of the signed index, where `onReplaced` was told); a file that has not is never kept.
 *
 * Looks at the mirror, then at the snapshot archive, then for a replacement. Throws with all reasons.
 */
export async function downloadPackages(
  lock: PackageLock,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const { lockedAt, packages } = lock;
  const missing = packages.filter((entry) => !isStored(entry));
  const paths = new Map(packages.map((entry) => [entry.name, storedPath(entry)]));
  if (missing.length > 0) {
    const megabytes = Math.ceil(missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6);
    options.onProgress?.(`downloading ${missing.length} Debian packages (${megabytes} MB)`);
  }
  for (const [suite, entries] of Map.groupBy(missing, (entry) => entry.suite)) {
    const reasons: string[] = [];
    const lost = await downloadSuite(suite, { lockedAt, packages: entries }, reasons, options, signal);
    if (lost.length === 0) continue;
    for (const [name, path] of await replace(suite, lost, reasons, options, signal)) paths.set(name, path);
  }
  return paths;
}

/** Tries one archive after the other; gives what none of them had. */
async function downloadSuite(
  suite: string,
  { lockedAt, packages }: PackageLock,
  reasons: string[],
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<readonly LockedPackage[]> {
  let missing: readonly LockedPackage[] = packages;
  for (const openArchive of [() => findMirror(suite, signal), () => findSnapshot(suite, lockedAt, options, signal)]) {
    const attempt = async <T>(step: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await step();
      } catch (error) {
        signal.throwIfAborted();
        reasons.push(error instanceof Error ? error.message : String(error));
        return undefined;
      }
    };
    const base = await attempt(openArchive);
    if (base === undefined) continue;
    const lost: LockedPackage[] = [];
    for (const [index, entry] of missing.entries()) {
      options.onProgress?.(`${index + 1}/${missing.length} ${entry.name} ${entry.version}`);
      await attempt(() => storePackage(base, entry, signal));
      if (!isStored(entry)) lost.push(entry);
    }
    missing = lost;
    if (missing.length === 0) break;
  }
  return missing;
}

/** Asked once, not for each package: where there is no way to it, that takes a while to find out. */
async function findSnapshot(
  suite: string,
  lockedAt: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<string> {
  const base = options.snapshot ?? process.env["BOOT2DOCKER_DEBIAN_SNAPSHOT"] ?? defaultSnapshot;
  const state = `${base.replace(/\/+$/, "")}/${lockedAt}`;
  await requireSuite(state, suite, signal);
  return state;
}

async function replace(
  suite: string,
  lost: readonly LockedPackage[],
  reasons: readonly string[],
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<[string, string][]> {
  const { architecture = "amd64", keyring, onReplaced } = options;
  const names = lost.map(({ name, version }) => `${name} ${version}`).join(", ");
  const explain = (why: string, cause?: unknown) =>
    new Error([`no archive has the locked ${names}: ${why}`, ...reasons].join("\n  "), { cause });
  if (onReplaced === undefined) throw explain("and nothing else will do");
  try {
    const pairs = await replacePackages(
      suite,
      lost,
      { architecture, ...(keyring === undefined ? {} : { keyring }) },
      signal,
    );
    return pairs.map(({ locked, replacement }) => {
      onReplaced(locked, replacement);
      return [locked.name, storedPath(replacement)];
    });
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error instanceof Error ? error.message : String(error), error);
  }
}
