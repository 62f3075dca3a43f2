import type { Folder } from "@boot2docker/protocol";
import type { HostFolder } from "./machine-dir/config-file.ts";

/** Of `init` and `up`. */
export const folderOptions = {
  mount: {
    flags: "--mount <folder>",
    summary:
      "a folder of this host that the machine has at the same path, with :ro behind it to be read only, :watch to have changes here heard by " +
      "watchers there; may be given again. " +
      "Your home when not given; none for no folder",
    isRepeated: true,
  },
} as const;

export type FolderTexts = Readonly<Partial<Record<keyof typeof folderOptions, readonly string[] | undefined>>>;

/** Undefined when nothing was given. `problems` gets one line for each text that cannot be used. */
export function parseFolderOptions({ mount }: FolderTexts, bases: Bases, problems: string[]): HostFolder[] | undefined {
  if (mount === undefined) return undefined;
  const folders = new Map<string, HostFolder>();
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

/** A folder as a user writes it: a path, and behind it `:ro` when the guest may only read it, or `:watch`. */
export function parseFolder(text: string, bases: Bases): { folder: HostFolder } | { problem: string } {
  const [, written = "", words = ""] = /^(.*?)((?::(?:ro|rw|watch))*)$/s.exec(text) ?? [];
  if (written === "") return { problem: "expected a folder" };
  if (/:[/~]/.test(written)) return { problem: "the machine has it at the same path: only :ro or :watch may follow" };
  const path = absolutePath(written, bases);
  const [readOnly, watch] = ["ro", "watch"].map((word) => words.split(":").includes(word));
  const problem =
    whyNotShared(path) ?? (readOnly && watch ? "ro and watch: what is read-only says nothing to watchers" : undefined);
  return problem === undefined
    ? { folder: { path, readOnly: readOnly === true, ...(watch && { watch }) } }
    : { problem };
}

/** As `parseFolder` reads it. */
export function writeFolder({ path, readOnly, watch }: HostFolder): string {
  return `${path}${readOnly ? ":ro" : ""}${watch ? ":watch" : ""}`;
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

/** What of them the guest is told. */
export function seenByGuest(folders: readonly HostFolder[]): Folder[] {
  return folders.map(({ path, readOnly }) => ({ path, readOnly }));
}

/** Whatever their order. */
export function isSameFolders(some: readonly HostFolder[], others: readonly HostFolder[]): boolean {
  const keys = (folders: readonly HostFolder[]): string[] =>
    folders.map(({ path, readOnly, watch }) => `${readOnly} ${watch ?? false} ${path}`).sort();
  return JSON.stringify(keys(some)) === JSON.stringify(keys(others));
}
