import { isSameMajor, type LockedPackage } from "./locked-package.ts";
import { findMirror } from "./mirror.ts";
import { openPrivateApt } from "./private-apt.ts";
import { isStored, storePackage } from "./store.ts";

export interface ReplacementOptions {
  /** dpkg's word: `amd64`. */
  architecture: string;
  /** Whose signature the index must carry. Debian's own keys when absent. */
  keyring?: string;
}

/**
 * Downloads the suite's current version of each package in place of the locked one. Throws when the index is not
 * signed as it should, or has only another major of a package: that is a decision, not a repair.
 */
export async function replacePackages(
  suite: string,
  entries: readonly LockedPackage[],
  options: ReplacementOptions,
  signal: AbortSignal,
): Promise<{ locked: LockedPackage; replacement: LockedPackage }[]> {
  const base = await findMirror(suite, signal);
  await using apt = await openPrivateApt({ base, suites: [suite], ...options }, signal);
  const current = new Map((await apt.locate(entries, signal)).map((found) => [found.name, found]));
  const pairs = entries.map((locked) => {
    const replacement = current.get(locked.name);
    if (replacement !== undefined && isSameMajor(locked.version, replacement.version)) return { locked, replacement };
    const other = replacement === undefined ? "" : ` (${suite} has ${replacement.version}: another major)`;
    throw new Error(`nothing may stand in for ${locked.name} ${locked.version}${other}`);
  });
  for (const { replacement } of pairs) {
    if (!isStored(replacement)) await storePackage(base, replacement, signal);
  }
  return pairs;
}
