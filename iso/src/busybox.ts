import { posix } from "node:path";
import { runTool } from "@boot2docker/debian";
import { symlink, type Entry } from "./tree.ts";

/** The commands that a busybox has, as the paths where they belong: `/usr/bin/awk`. */
export async function listApplets(busybox: string, signal: AbortSignal): Promise<string[]> {
  const list = await runTool({ command: busybox, package: "busybox-static" }, ["--list-full"], {}, signal);
  return list
    .split("\n")
    .filter((path) => path !== "")
    .map((path) => `/${path}`);
}

/** Links for the commands that no program of its own has, wherever it lies: the program is the better one. */
export function planApplets(applets: readonly string[], taken: Iterable<string>): Entry[] {
  const names = new Set([...taken].map((path) => posix.basename(path)));
  const refused = new Set(["linuxrc", "init"]);
  return applets
    .map((path) => path.replace(/^\/(s?bin)\//, "/usr/$1/"))
    .filter((path) => !names.has(posix.basename(path)) && !refused.has(posix.basename(path)))
    .map((path) => symlink(path, path.startsWith("/usr/bin/") ? "busybox" : "../bin/busybox"));
}
