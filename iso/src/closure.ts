import { posix } from "node:path";
import type { ElfFile } from "./elf.ts";

/** A file of a package, as it lies unpacked; `target` when it is a symbolic link. */
export interface PackageFile {
  path: string;
  /** Name of the package; of ours for what we built. */
  package: string;
  /** Where its bytes are. */
  source: string;
  target?: string;
}

export interface ClosureInputs {
  files: ReadonlyMap<string, PackageFile>;
  /** Paths to begin with. */
  roots: readonly string[];
  /** System library folders, first come first served. */
  libraryFolders: readonly string[];
  elfMachine: number;
  readElf: (file: PackageFile) => ElfFile | undefined;
  /** Replaces the first folder of a path that is a link in the image: `/lib64/x` → `/usr/lib64/x`. */
  resolveLinks: (path: string) => string;
}

/**
 * The files that the roots need to run: they themselves, what their links point to, their loader and, again and
 * again, the libraries they name. What a program loads or runs by a name of its own making has to be a root.
 *
 * Throws with all that is missing, or is for another architecture.
 */
export function findClosure(inputs: ClosureInputs): PackageFile[] {
  const found = new Map<string, PackageFile>();
  const problems: string[] = [];
  const queue = inputs.roots.map((path) => ({ path, by: "wanted.ts" }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const path = inputs.resolveLinks(next.path);
    if (found.has(path)) continue;
    const file = inputs.files.get(path);
    if (file === undefined) {
      problems.push(`${path}, wanted by ${next.by}, is in no locked package`);
      continue;
    }
    found.set(path, file);
    if (file.target !== undefined) {
      queue.push({ path: posix.resolve(posix.dirname(path), file.target), by: path });
      continue;
    }
    const elf = inputs.readElf(file);
    if (elf === undefined) continue;
    if (elf.machine !== inputs.elfMachine) problems.push(`${path} is for another machine (ELF ${elf.machine})`);
    if (elf.interpreter !== undefined) queue.push({ path: elf.interpreter, by: path });
    for (const name of elf.needed) {
      const library = findLibrary(name, elf, path, inputs);
      if (library === undefined) problems.push(`${name}, wanted by ${path}, is in no locked package`);
      else queue.push({ path: library, by: path });
    }
  }
  if (problems.length > 0) throw new Error(`the image would lack files:\n  ${problems.join("\n  ")}`);
  return [...found.values()];
}

function findLibrary(name: string, elf: ElfFile, path: string, inputs: ClosureInputs): string | undefined {
  const own = elf.runpath.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/g, posix.dirname(path)));
  return [...own, ...inputs.libraryFolders]
    .map((folder) => inputs.resolveLinks(posix.normalize(`${folder}/${name}`)))
    .find((candidate) => inputs.files.has(candidate));
}

/** The paths that a pattern of `wanted.ts` stands for. Throws when there is none. */
export function expandPattern(pattern: string, paths: readonly string[]): string[] {
  const matches = paths.filter((path) => {
    if (pattern.endsWith("/")) return path.startsWith(pattern);
    if (!pattern.includes("*")) return path === pattern;
    const [before = "", after = ""] = pattern.split("*");
    const rest = path.slice(before.length);
    return path.startsWith(before) && rest.endsWith(after) && rest.length >= after.length && !rest.includes("/");
  });
  if (matches.length === 0) throw new Error(`${pattern}: no such file in the package`);
  return matches;
}
