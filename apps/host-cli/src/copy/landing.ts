import { copyError, describePlace } from "./copy-error.ts";
import type { FileTree, TreeFacts } from "./file-tree.ts";
import { joinPath, type TreePath } from "./path.ts";

type Kind = TreeFacts["kind"];

export interface Landing {
  sources: readonly { path: TreePath; kind: Kind }[];
  target: {
    path: TreePath;
    tree: Pick<FileTree, "machine">;
    /** What is at the end of symbolic links there. */
    found: { path: string; kind: Kind } | undefined;
    isParentThere: boolean;
  };
}

/**
 * Where each source goes, as with cp(1): into a folder that is there under its own name, otherwise the target is the new
 * name. A source without a name (`.`, `/`) is what is in it.
 */
export function planLanding({ sources, target }: Landing): string[] {
  const { path, found, tree } = target;
  const where = describePlace(path.path, tree);
  if (found?.kind === "directory") {
    const folder = found.path;
    const landings = sources.map(({ path: { name } }) => (name === "" ? folder : joinPath(folder, name)));
    const twice = landings.find((landing, index) => landing !== folder && landings.indexOf(landing) !== index);
    if (twice !== undefined) {
      throw copyError(`two of them would be ${describePlace(twice, tree)}`, { hint: "Copy one of them elsewhere." });
    }
    return landings;
  }
  if (sources.length > 1) {
    throw copyError(`${where} is no folder: it can't take ${sources.length} things`, {
      hint: "Make the folder first.",
    });
  }
  const isFolder = sources[0]?.kind === "directory";
  if (found !== undefined && (isFolder || path.mustBeFolder)) {
    throw copyError(`${where} is no folder`, { hint: "Choose another name, or remove it." });
  }
  if (found !== undefined && found.kind !== "file") {
    throw copyError(`${where} is neither a file nor a folder`, { hint: "Choose another name." });
  }
  if (!target.isParentThere) {
    throw copyError(`there is no folder ${describePlace(path.parent, tree)}`, { hint: "Make it first." });
  }
  if (path.mustBeFolder && !isFolder) {
    throw copyError(`there is no folder ${where}`, { hint: "Make it first, or leave the last / out." });
  }
  return [found?.path ?? path.path];
}
