import type { GuestConfig } from "@boot2docker/protocol";
import { startsWithFolders } from "./containers-folders.ts";
import {
  changeFolders,
  keepFolderList,
  keepGroupOut,
  planFolders,
  readFolderList,
  readFolders,
  removeStandIns,
  standInFor,
} from "./folders.ts";
import { Problem } from "./problem.ts";
import type { TaskContext } from "./tasks.ts";
import { unlessAborted } from "./unless-aborted.ts";

const HOST_AWAY = [
  "folders-host-away",
  "the folders of the host are not there: its agent is away",
  "Is the machine's agent running on the host? `boot2docker up` starts it.",
] as const;

/** Has those mounted that the host names, and no others, and says so. */
export async function mountFolders(context: TaskContext, signal: AbortSignal): Promise<void> {
  const { system, seen, link, folders } = context;
  const { port, list } = await foldersOf(context);
  const connect = async (): Promise<unknown> => {
    if (link.connection === undefined) throw new Problem(...HOST_AWAY);
    return link.connection.call("folders.connect", { sshHostKeys: seen.sshHostKeys }, signal);
  };
  try {
    await removeStandIns(list, system, signal);
    const changes = planFolders(list, await readFolders(system));
    const host = { isThere: link.connection !== undefined, connect };
    const problems = await changeFolders(changes, port, host, system, signal);
    if (context.config !== null) await keepFolderList(list, system);
    if (problems.length > 0) throw new Error(problems.join("; "));
  } finally {
    seen.folders = await readFolders(system);
    const absent = list.filter(({ path }) => !seen.folders.some((folder) => folder.path === path));
    // Whatever comes of it, the engine does not wait any longer.
    await standInFor(absent, system, signal).finally(() => folders.resolve(undefined));
  }
}

/** Before dockerd starts, where a container that it starts has one of them. */
export async function awaitContainersFolders(context: TaskContext, signal: AbortSignal): Promise<void> {
  const { system, supervisor, folders } = context;
  const { port, list } = await foldersOf(context);
  const group = context.engine?.settings.daemon["cgroup-parent"];
  if (list.length > 0 && typeof group === "string") await keepGroupOut(group, port, system, signal);
  if (supervisor.get("dockerd")?.process !== undefined) return;
  if (await startsWithFolders(list, system)) await unlessAborted(folders.promise, signal);
}

/** Of a host that says nothing, what it said last. */
async function foldersOf({ config, system }: TaskContext): Promise<NonNullable<GuestConfig["folders"]>> {
  if (config === null) return { port: 0, list: await readFolderList(system) };
  return config?.folders ?? { port: 0, list: [] };
}
