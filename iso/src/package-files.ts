import { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "@boot2docker/debian";
import type { PackageFile } from "./closure.ts";

/** Unpacks the packages, each into a folder of its own, and gives their files by path. Folders are left out. */
export async function unpackPackages(
  debs: ReadonlyMap<string, string>,
  folder: string,
  signal: AbortSignal,
): Promise<Map<string, PackageFile>> {
  const files = new Map<string, PackageFile>();
  for (const [name, deb] of debs) {
    const root = join(folder, name);
    mkdirSync(root, { recursive: true });
    await runTool({ command: "dpkg-deb", package: "dpkg" }, ["-x", deb, root], {}, signal);
    for (const found of listFiles(root, "", name)) {
      const other = files.get(found.path);
      if (other !== undefined) throw new Error(`${found.path} is in ${other.package} and in ${name}`);
      files.set(found.path, found);
    }
  }
  return files;
}

function listFiles(root: string, below: string, name: string): PackageFile[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry): PackageFile[] => {
    const path = `${below}/${entry.name}`;
    const source = join(root, path);
    if (entry.isDirectory()) return listFiles(root, path, name);
    if (entry.isSymbolicLink()) return [{ path, package: name, source, target: readlinkSync(source) }];
    return [{ path, package: name, source }];
  });
}

/** Where the bytes of a path lie unpacked. Throws when no package has it. */
export function sourceOf(files: ReadonlyMap<string, PackageFile>, path: string): string {
  const found = files.get(path);
  if (found === undefined) throw new Error(`${path} is in no locked package`);
  return found.source;
}
