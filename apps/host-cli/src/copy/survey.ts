import { copyError, describePlace, shownName } from "./copy-error.ts";
import { drain } from "./drain.ts";
import type { FileTree, TreeFacts } from "./file-tree.ts";
import { isFileName, joinPath } from "./path.ts";

/** One thing to copy. What is in a folder is copied after it. */
export interface Item {
  from: FileTree;
  source: string;
  target: string;
  facts: TreeFacts;
  /** Of a folder: it is not there, and is to be as the source is. One that is there stays as it is. */
  isNew: boolean;
  items: Item[];
}

export interface Survey {
  items: Item[];
  files: number;
  sizeBytes: number;
  /** Sockets, pipes, devices: described, with where they are. */
  leftOut: string[];
}

export type Root = Pick<Item, "from" | "source" | "target" | "facts">;

const foldersAtOnce = 16;

/** Looks at all that is to be copied, and at what it would meet, before anything is written. */
export async function survey(roots: readonly Root[], to: FileTree, signal: AbortSignal): Promise<Survey> {
  const found: Survey = { items: [], files: 0, sizeBytes: 0, leftOut: [] };
  const folders: Item[] = [];
  const add = (root: Root, met: TreeFacts | undefined, into: Item[]): void => {
    const { kind, sizeBytes } = root.facts;
    if (kind === "socket" || kind === "other") {
      found.leftOut.push(describePlace(root.source, root.from));
      return;
    }
    refuseConflict(root, met, to);
    // Nobody becomes somebody else by what is copied: of the mode only what user, group and others may do.
    const facts = { ...root.facts, mode: root.facts.mode & 0o777 };
    const item = { ...root, facts, isNew: met === undefined, items: [] };
    into.push(item);
    if (kind === "directory") folders.push(item);
    else found.files += 1;
    if (kind === "file") found.sizeBytes += sizeBytes;
  };
  for (const root of roots) add(root, await to.facts(root.target), found.items);
  await drain(folders, foldersAtOnce, signal, async ({ from, source, target, isNew, items }) => {
    const [listed, there] = await Promise.all([from.list(source), isNew ? [] : to.list(target)]);
    const met = new Map(there.map(({ name, facts }) => [name, facts]));
    for (const { name, facts } of listed) {
      if (!isFileName(name, to.style)) {
        throw copyError(
          `a file in ${describePlace(source, from)} has a name that it can't have there: ${shownName(name)}`,
          {
            hint: "Rename it.",
          },
        );
      }
      add({ from, source: joinPath(source, name), target: joinPath(target, name), facts }, met.get(name), items);
    }
  });
  return found;
}

/** A symbolic link is never followed to where something is written: it may be of an earlier copy out of a guest. */
function refuseConflict({ target, facts }: Root, met: TreeFacts | undefined, to: FileTree): void {
  if (met === undefined) return;
  const isFolder = facts.kind === "directory";
  const isReplaceable = met.kind === "file" || met.kind === "symlink";
  if (isFolder ? met.kind === "directory" : isReplaceable) return;
  throw copyError(`${describePlace(target, to)} is there, and is ${met.kind === "directory" ? "a" : "no"} folder`, {
    hint: "Remove it first. Nothing was copied.",
  });
}
