import type { Folder } from "@boot2docker/protocol";

/** Of `init` and `up`. */
export const folderOptions = {
  mount: {
    flags: "--mount <folder>",
    summary:
      "a folder of this host that the machine has at the same path, with :ro behind it to be read only; may be given again. " +
      "Your home when not given; none for no folder",
    isRepeated: true,
  },
} as const;

export type FolderTexts = Readonly<Partial<Record<keyof typeof folderOptions, readonly string[] | undefined>>>;

/** Undefined when nothing was given. `problems` gets one line for each text that cannot be used. */
export function parseFolderOptions({ mount }: FolderTexts, bases: Bases, problems: string[]): Folder[] | undefined {
  if (mount === undefined) return undefined;
  const folders = new Map<string, Folder>();
  for (const text of mount) {
    if (text === "none") continue;
    const parsed = parseFolder(text, bases);
    if ("problem" in parsed) problems.push(`--mount ${text}: ${parsed.problem}`);
    // Given twice, it is as it was given last.
    else folders.set(parsed.folder.path, parsed.folder);
  }
  if (mount.includes("none") && mount.length > 1) problems.push("--mount none: there is another --mount");
  return [...folders.values()];
}

/** What the guest has of its own at these paths, and needs. */
const systemFolders = ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr"];
/** These are the guest's own, and so is what is above them; what is beside them may be the host's. */
const guestFolders = [
  "/home/docker",
  "/mnt/data",
  "/tmp",
  "/var/lib/boot2docker",
  "/var/lib/containerd",
  "/var/lib/docker",
  "/var/run",
];

/** A folder as a user writes it: a path, and `:ro` behind it when the guest may only read it. */
export function parseFolder(text: string, { homeDir, workingDir }: Bases): { folder: Folder } | { problem: string } {
  const [, written = "", access] = /^(.*?)(?::(ro|rw))?$/s.exec(text) ?? [];
  const path = absolutePath(written, { homeDir, workingDir });
  const problem = whyNotShared(path);
  return problem === undefined ? { folder: { path, readOnly: access === "ro" } } : { problem };
}

/** By which a path that is not absolute is understood. */
export interface Bases {
  homeDir: string;
  workingDir: string;
}

export function absolutePath(written: string, { homeDir, workingDir }: Bases): string {
  const whole = /^~(?=\/|$)/.test(written)
    ? `${homeDir}${written.slice(1)}`
    : written.startsWith("/")
      ? written
      : `${workingDir}/${written}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Why the guest can't have that folder of the host at the same path; undefined when it can. */
function whyNotShared(path: string): string | undefined {
  if (path === "/") return "the whole host can't be shared: choose a folder";
  if (path.length > 1024) return "the path is too long";
  if (/[\u0000-\u001f\u007f]/.test(path)) return "the path holds a control character";
  const own = systemFolders.find((folder) => isAtOrBelow(path, folder));
  if (own !== undefined) return `${own} is the machine's own: choose another folder`;
  const within = guestFolders.find(
    (folder) => isAtOrBelow(folder, path) || (folder !== "/tmp" && isAtOrBelow(path, folder)),
  );
  return within === undefined ? undefined : `the machine has its own ${within}: choose another folder`;
}

/** What a new machine has when nobody said anything: the user's home, where that can be shared. */
export function defaultFolders(homeDir: string): Folder[] {
  return whyNotShared(homeDir) === undefined ? [{ path: homeDir, readOnly: false }] : [];
}

const isAtOrBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Whatever their order. */
export function isSameFolders(some: readonly Folder[], others: readonly Folder[]): boolean {
  const keys = (folders: readonly Folder[]): string[] =>
    folders.map(({ path, readOnly }) => `${readOnly} ${path}`).sort();
  return JSON.stringify(keys(some)) === JSON.stringify(keys(others));
}
