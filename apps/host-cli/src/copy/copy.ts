import { copyError, describePlace } from "./copy-error.ts";
import type { FileTree } from "./file-tree.ts";
import { planLanding } from "./landing.ts";
import type { TreePath } from "./path.ts";
import { type Root, survey, type Survey } from "./survey.ts";
import { transfer } from "./transfer.ts";

export interface Placed {
  tree: FileTree;
  path: TreePath;
}

export interface CopyOptions {
  /** Of this copy alone. */
  id: string;
  onProgress: (doneBytes: number, survey: Survey) => void;
}

/** Copies `sources`, each with all that is in it, to where cp -R would. Returns what that was; throws after all else when something is left out. */
export async function copy(
  sources: readonly Placed[],
  target: Placed,
  { id, onProgress }: CopyOptions,
  signal: AbortSignal,
): Promise<Survey> {
  const roots = await land(sources, target);
  const surveyed = await survey(roots, target.tree, signal);
  let doneBytes = 0;
  const onBytes = (bytes: number): void => {
    doneBytes += bytes;
    onProgress(doneBytes, surveyed);
  };
  await transfer(surveyed.items, target.tree, { id, onBytes }, signal);
  const [example, ...others] = surveyed.leftOut;
  if (example === undefined) return surveyed;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  throw copyError(`left out ${example}${more}: neither a file, a folder nor a symbolic link`, {
    hint: surveyed.files === 0 ? undefined : "All else was copied.",
  });
}

async function land(sources: readonly Placed[], { tree, path }: Placed): Promise<Root[]> {
  const looked = await Promise.all(sources.map(async (source) => ({ ...source, facts: await look(source) })));
  const [found, parent] = await Promise.all([tree.follow(path.path), tree.follow(path.parent)]);
  const targets = planLanding({
    sources: looked.map((source) => ({ path: source.path, kind: source.facts.kind })),
    target: {
      path,
      tree,
      found: found && { path: found.path, kind: found.facts.kind },
      isParentThere: parent?.facts.kind === "directory",
    },
  });
  return looked.flatMap(({ tree: from, path: source, facts }, index) => {
    const landing = targets[index];
    return landing === undefined ? [] : [{ from, source: source.path, target: landing, facts }];
  });
}

/** A symbolic link is copied as one, unless a slash behind it asks for the folder. */
async function look({ tree, path: { path, name, mustBeFolder } }: Placed) {
  const isLink = !mustBeFolder && name !== "";
  const facts = isLink ? await tree.facts(path) : (await tree.follow(path))?.facts;
  if (facts === undefined) {
    throw copyError(`there is no such file or folder: ${describePlace(path, tree)}`, {
      hint: tree.machine === undefined ? "In a machine it would be NAME:PATH, or :PATH." : undefined,
    });
  }
  if (mustBeFolder && facts.kind !== "directory") {
    throw copyError(`${describePlace(path, tree)} is no folder`, { hint: "Leave the last / out." });
  }
  return facts;
}
