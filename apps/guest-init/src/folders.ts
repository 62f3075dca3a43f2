import { type Folder, Folder as FolderSchema, type GuestConfig } from "@boot2docker/protocol";
import * as z from "zod/mini";
import { parseMountInfo } from "./mount-info.ts";
import { OWN_DATA } from "./paths.ts";
import { makePlace, removePlace } from "./places.ts";
import { messageOf } from "./problem.ts";
import type { System } from "./system.ts";

const MOUNT = "/usr/bin/mount";
const UMOUNT = "/usr/bin/umount";
const LIST_FILE = `${OWN_DATA}/state/folders.json`;
const BUSYBOX = "/usr/bin/busybox";
/** For whoever holds the lock of the tables: dockerd does. */
const WAIT_S = "10";
const SERVER = "127.0.0.1";
/** Where dockerd puts containers that ask for nothing else: daemon(8), --cgroup-parent. */
const CONTAINERS_GROUP = "docker";
const UNMOUNT_LIMIT_MS = 4_000;
/** What a guest's memory holds, at what the carrier takes under emulation. */
const FLUSH_LIMIT_MS = 60_000;

type Wanted = NonNullable<GuestConfig["folders"]>;

export interface FolderChanges {
  /** A folder before what is in it. */
  mount: Folder[];
  /** The other way round. */
  unmount: Folder[];
}

/** What has to change for the wanted ones, and no others, to be mounted. */
export function planFolders(wanted: readonly Folder[], mounted: readonly Folder[]): FolderChanges {
  const isIn = (folder: Folder, list: readonly Folder[]): boolean =>
    list.some(({ path, readOnly }) => path === folder.path && readOnly === folder.readOnly);
  const unmount = mounted.filter((folder) => !isIn(folder, wanted));
  const isUnder = ({ path }: Folder): boolean => unmount.some((upper) => path.startsWith(`${upper.path}/`));
  // One below a folder that goes would keep it busy, and come back in another place of the order.
  const all = [...unmount, ...mounted.filter((folder) => isIn(folder, wanted) && isUnder(folder))];
  const stays = mounted.filter((folder) => !all.includes(folder));
  return {
    mount: wanted.filter((folder) => !isIn(folder, stays)).toSorted(byPath),
    unmount: all.toSorted(byPath).reverse(),
  };
}

const byPath = (a: Folder, b: Folder): number => (a.path < b.path ? -1 : 1);

/** Those that are mounted now, whoever mounted them. */
export async function readFolders({ files }: System): Promise<Folder[]> {
  const mounts = parseMountInfo(await files.readText("/proc/self/mountinfo"));
  return [...mounts].flatMap(([path, { source, fstype, options }]) =>
    fstype === "nfs" && source === `${SERVER}:${path}` ? [{ path, readOnly: options.includes("ro") }] : [],
  );
}

/** What is in the place of a folder that is not there. */
const STAND_IN = "boot2docker-folder";

/**
 * In the place of folders that are not there: a container that wants one does not find it, or finds that it can't write, where otherwise
 * dockerd would make an empty one in memory for it.
 */
export async function standInFor(folders: readonly Folder[], system: System, signal: AbortSignal): Promise<void> {
  const present = await readStandIns(system);
  for (const { path } of folders) {
    if (present.includes(path)) continue;
    try {
      await makePlace(path, system);
    } catch {
      // Where there is no place for it, dockerd makes none either.
      continue;
    }
    const argv = [MOUNT, "-t", "tmpfs", "-o", "ro,nosuid,nodev,size=4k,mode=755", STAND_IN, path] as const;
    const { code, stderr } = await system.processes.run(argv, signal);
    if (code !== 0) throw new Error(`${path}: ${stderr.trim()}`);
  }
}

/** Paths of the folders that are stood in for now. */
export async function readStandIns({ files }: System): Promise<string[]> {
  const mounts = parseMountInfo(await files.readText("/proc/self/mountinfo"));
  return [...mounts].flatMap(([path, { source }]) => (source === STAND_IN ? [path] : []));
}

/** Those that do not stand in for one of these. */
export async function removeStandIns(wanted: readonly Folder[], system: System, signal: AbortSignal): Promise<void> {
  for (const path of await readStandIns(system)) {
    if (wanted.some((folder) => folder.path === path)) continue;
    await system.processes.run([UMOUNT, "-i", "-l", path], signal);
    await removePlace(path, system);
  }
}

/** For a boot at which the host says nothing: which folders there should be. */
export async function keepFolderList(folders: readonly Folder[], { files }: System): Promise<void> {
  const text = JSON.stringify(folders);
  if ((await files.readText(LIST_FILE)) !== text) await files.write(LIST_FILE, text, { durable: true });
}

export async function readFolderList({ files }: System): Promise<Folder[]> {
  const list = z.array(FolderSchema).safeParse(parseJson(await files.readText(LIST_FILE)));
  return list.success ? list.data : [];
}

function parseJson(text = ""): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns what went wrong, one text for each folder. `host.connect` has it answer on the port; it may fail. */
export async function changeFolders(
  { mount, unmount }: FolderChanges,
  port: Wanted["port"],
  host: { isThere: boolean; connect: () => Promise<unknown> },
  system: System,
  signal: AbortSignal,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { path } of unmount) {
    const problem = await unmountFolder(path, host.isThere, system, signal);
    if (problem !== undefined) problems.push(problem);
    // A container that wants it is to be told, and not to find an empty one.
    await removePlace(path, system);
  }
  if (mount.length === 0) return problems;
  await keepGroupOut(CONTAINERS_GROUP, port, system, signal);
  await host.connect();
  for (const folder of mount) {
    try {
      const others = mount.filter(({ path }) => path !== folder.path);
      await removeStandIns(others, system, signal);
      await mountFolder(folder, port, system, signal);
    } catch (error) {
      signal.throwIfAborted();
      problems.push(messageOf(error));
    }
  }
  return problems;
}

/**
 * nfs(5). `hard`: while the host agent is away what is asked of a folder waits, and loses nothing. Reconnecting is tried at least
 * every 30 s (`timeo` and `retrans`). What the host changes is seen after a second at most, and whenever a file is opened.
 */
export function mountOptions({ readOnly }: Folder, port: number): string {
  const server = `addr=${SERVER},port=${port},mountport=${port},proto=tcp,mountproto=tcp,vers=3,mountvers=3`;
  const behaviour = "hard,nosharecache,timeo=100,retrans=2,nolock,noacl,actimeo=1,rsize=262144,wsize=262144";
  return `${server},${behaviour},nosuid,nodev,noatime,${readOnly ? "ro" : "rw"}`;
}

async function mountFolder(folder: Folder, port: number, system: System, signal: AbortSignal): Promise<void> {
  const { path } = folder;
  try {
    await makePlace(path, system);
  } catch (error) {
    throw new Error(`${path}: the machine has no place for it`, { cause: error });
  }
  // A process, which can be ended: the call waits for the server.
  const argv = [MOUNT, "-i", "-t", "nfs", "-o", mountOptions(folder, port), `${SERVER}:${path}`, path] as const;
  const { code, stderr } = await system.processes.run(argv, signal);
  if (code !== 0)
    throw new Error(`${path}: ${stderr.trim().split("\n")[0] ?? `mount ended with code ${String(code)}`}`);
}

/**
 * First what is still to be written, as long as the host is there to take it. A folder in use is detached then: who has it open keeps it until
 * they end. Returns what may be lost.
 */
async function unmountFolder(
  path: string,
  isHostThere: boolean,
  system: System,
  signal: AbortSignal,
): Promise<string | undefined> {
  const written = isHostThere ? await attempt([BUSYBOX, "sync", "-f", path], FLUSH_LIMIT_MS) : "the host is away";
  const busy = await attempt([UMOUNT, "-i", path], UNMOUNT_LIMIT_MS);
  if (busy === undefined) return undefined;
  // A host that is away would be waited for.
  const left = await attempt([UMOUNT, "-i", ...(isHostThere ? [] : ["-f"]), "-l", path], UNMOUNT_LIMIT_MS);
  if (left !== undefined) return `${path}: ${left}`;
  return written === undefined ? undefined : `${path}: what was last written there may be lost: ${written}`;

  /** Why it did not succeed. */
  async function attempt(argv: readonly [string, ...string[]], limitMs: number): Promise<string | undefined> {
    try {
      const { code, stderr } = await system.processes.run(argv, system.clock.deadline(limitMs, signal));
      return code === 0 ? undefined : stderr.trim();
    } catch (error) {
      signal.throwIfAborted();
      return messageOf(error);
    }
  }
}

/** All folders, at the machine's end. Returns what went wrong. */
export async function unmountFolders(isHostThere: boolean, system: System, signal: AbortSignal): Promise<string[]> {
  const { unmount } = planFolders([], await readFolders(system));
  const problems: string[] = [];
  for (const { path } of unmount) {
    const problem = await unmountFolder(path, isHostThere, system, signal);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

/**
 * The host's server asks nobody who they are: only the kernel may go there. A container with the network of the guest itself could, too;
 * by its control group it is told apart. iptables-extensions(8), cgroup. dropbear listens on the loopback of IPv6 as well.
 */
export async function keepGroupOut(
  group: string,
  port: number,
  { processes, files }: System,
  signal: AbortSignal,
): Promise<void> {
  // The rule wants it to be there; dockerd takes one that is.
  await files.makeDirectory(`/sys/fs/cgroup/${group}`);
  for (const [program, server] of Object.entries({ iptables: "127.0.0.1", ip6tables: "::1" })) {
    const rule = ["-d", server, "-p", "tcp", "--dport", String(port), "-m", "cgroup", "--path", group, "-j", "REJECT"];
    const run = (how: "-C" | "-I") =>
      processes.run([`/usr/sbin/${program}`, "-w", WAIT_S, how, "OUTPUT", ...rule], signal);
    if ((await run("-C")).code === 0) continue;
    const { code, stderr } = await run("-I");
    if (code !== 0) throw new Error(`${program} ended with code ${String(code)}: ${stderr.trim()}`);
  }
}
