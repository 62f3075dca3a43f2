import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchFile } from "./fetch-file.ts";
import { parseSources } from "./sources.ts";

/**
 * The base address of a Debian archive that has the suite: `BOOT2DOCKER_DEBIAN_MIRROR`, or the first of the machine's
 * own apt sources that does. No mirror is written in this project: the machine's is the one that works for it.
 */
export async function findMirror(suite: string, signal: AbortSignal): Promise<string> {
  const told = process.env["BOOT2DOCKER_DEBIAN_MIRROR"];
  const candidates = told === undefined ? parseSources(readAptSources()) : [told.replace(/\/+$/, "")];
  const refusals: string[] = [];
  for (const base of candidates) {
    try {
      await requireSuite(base, suite, signal);
      return base;
    } catch (error) {
      signal.throwIfAborted();
      refusals.push(`\n  ${base}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `no apt source of this machine is a Debian archive with the suite ${suite}; ` +
      `set BOOT2DOCKER_DEBIAN_MIRROR to the address of one${refusals.join("")}`,
  );
}

/** Throws, with the reason, when there is no such suite, or no way to it. */
export async function requireSuite(base: string, suite: string, signal: AbortSignal): Promise<void> {
  await using staging = await mkdtempDisposable(join(tmpdir(), "boot2docker-mirror-"));
  await fetchFile(`${base}/dists/${suite}/InRelease`, join(staging.path, "InRelease"), signal);
}

function readAptSources(): { name: string; text: string }[] {
  const parts = "/etc/apt/sources.list.d";
  const names = existsSync(parts) ? readdirSync(parts).toSorted() : [];
  return ["/etc/apt/sources.list", ...names.map((name) => join(parts, name))]
    .filter((name) => /\.(list|sources)$/.test(name) && existsSync(name))
    .map((name) => ({ name, text: readFileSync(name, "utf8") }));
}
