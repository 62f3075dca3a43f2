import { UserError } from "../errors.ts";
import type { FileTree } from "./file-tree.ts";

type Place = Pick<FileTree, "machine">;

/** Codes of the operating system in the words of this program. */
const reasons: Partial<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
  EEXIST: "it is there already",
  ENOSPC: "no space left",
  EDQUOT: "no space left",
  EROFS: "the disk is read-only",
  ENAMETOOLONG: "the name is too long",
};

/** What the operating system said about a file; `action` is what was to be done with it, as in `cannot read …`. */
export function fileError(action: string, path: string, place: Place, error: Error): UserError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return copyError(`cannot ${action} ${describePlace(path, place)}: ${reasons[code] ?? error.message}`, {
    hint: hintOf(code, path, place),
    cause: error,
  });
}

export function copyError(message: string, { hint, cause }: { hint?: string | undefined; cause?: unknown }): UserError {
  return new UserError(message, { code: "not-copied", cause, ...(hint === undefined ? {} : { hint }) });
}

export function describePlace(path: string, { machine }: Place): string {
  return `${/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(path) ? shownName(path) : path} ${machine === undefined ? "on this host" : `in ${machine}`}`;
}

function hintOf(code: string, path: string, { machine }: Place): string | undefined {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return machine === undefined
        ? "Look at who owns it, and at its mode."
        : `There it is the user docker's work. For what is root's go by way of /tmp: boot2docker ssh ${machine} sudo cp …`;
    case "ENOSPC":
    case "EDQUOT":
      return machine === undefined
        ? "Make room there."
        : `See: boot2docker ssh ${machine} df -h. The home is in memory, the data disk at /mnt/data.`;
    case "ENOENT":
      return path.includes("\ufffd") ? "Its name is not UTF-8: give it another one." : undefined;
    default:
      return undefined;
  }
}

/** A name must not speak to the terminal, nor turn its text around. */
export function shownName(name: string): string {
  return JSON.stringify(name).replace(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, "?");
}
