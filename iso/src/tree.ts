import { posix } from "node:path";

export type Content = Uint8Array | { file: string; sizeBytes: number };

interface Place {
  /** Absolute, without a last `/`. */
  path: string;
  uid: number;
  gid: number;
}

/** One thing in a file system image. */
export type Entry =
  | (Place & { type: "directory"; mode: number })
  | (Place & { type: "file"; mode: number; content: Content })
  | (Place & { type: "symlink"; target: string })
  | (Place & { type: "character-device"; mode: number; major: number; minor: number });

const root = { uid: 0, gid: 0 } as const;

export function directory(path: string, mode = 0o755): Entry {
  return { type: "directory", path, mode, ...root };
}

export function file(path: string, content: Content | string, mode = 0o644): Entry {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { type: "file", path, mode, content: bytes, ...root };
}

export function symlink(path: string, target: string): Entry {
  return { type: "symlink", path, target, ...root };
}

/**
 * The entries of an image in the one order that makes its bytes: sorted, each parent before its children, missing
 * parents added (root's, 0755). Throws when a path is named twice, or lies below something that is no folder.
 */
export function planTree(entries: readonly Entry[]): Entry[] {
  const tree = new Map<string, Entry>();
  const problems: string[] = [];
  for (const entry of entries) {
    if (tree.has(entry.path)) problems.push(`${entry.path} is there twice`);
    tree.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (const parent of parents(path)) {
      const found = tree.get(parent);
      if (found === undefined) tree.set(parent, directory(parent));
      else if (found.type !== "directory") problems.push(`${path} lies below ${parent}, a ${found.type}`);
    }
  }
  if (problems.length > 0) throw new Error(`the image's tree is not one:\n  ${problems.join("\n  ")}`);
  const key = (entry: Entry) => entry.path.split("/").join("\0");
  return [...tree.values()].toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}

function parents(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === "/" ? [] : [...parents(parent), parent];
}
