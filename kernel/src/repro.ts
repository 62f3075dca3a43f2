import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture } from "./architecture.ts";
import { buildKernel } from "./build.ts";

/**
 * Compiles the kernel twice, from nothing, in two folders of different names and lengths, and compares every file of
 * the results. Takes twice the time of a cold build. Throws with the files that differ.
 */
export async function compareTwoBuilds(architecture: Architecture, signal: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "boot2docker-repro-"));
  try {
    const results: Map<string, string>[] = [];
    for (const name of ["one", "another-and-longer"]) {
      const output = join(folder, name, "dist");
      await buildKernel({ architecture, output, privateTree: join(folder, name, "tree") }, signal);
      results.push(hashes(output));
      rmSync(join(folder, name, "tree"), { recursive: true });
    }
    const [one = new Map<string, string>(), other = new Map<string, string>()] = results;
    const files = new Set([...one.keys(), ...other.keys()]);
    const different = [...files].filter((file) => one.get(file) !== other.get(file));
    if (different.length > 0) throw new Error(`two builds differ in:\n  ${different.join("\n  ")}`);
    process.stdout.write(`kernel: two builds have the same ${String(files.size)} files\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function hashes(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}
