import type { Folder } from "@boot2docker/protocol";
import * as z from "zod/mini";
import { UserError } from "../errors.ts";
import type { Driver } from "../driver/driver.ts";
import type { Host } from "../host.ts";
import { type HostFolder, readMachineConfig } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { Context } from "./context.ts";
import { checkFolders } from "./create.ts";
import type { FolderFacts } from "./machine.ts";
import { askDocker } from "./observe.ts";
import { runChangeConfig } from "./change-config.ts";
import { withAgent } from "./with-agent.ts";

const askLimitMs = 30_000;

/** As far as it matters here, of `GET /containers/json`: those that run. */
const Containers = z.array(
  z.object({ Names: z.array(z.string()), Mounts: z.optional(z.array(z.object({ Source: z.optional(z.string()) }))) }),
);

/** What the machine is to have, and whether it has it now. */
export async function readFolders(
  host: Host,
  dir: MachineDir,
  driver: Driver,
  signal: AbortSignal,
): Promise<FolderFacts[]> {
  const { folders = [] } = await readMachineConfig(host, dir);
  if ((await driver.inspect()).state === "off") return folders.map((folder) => ({ ...folder, isMounted: false }));
  const mounted = await withAgent({ host, dir, signal }, askLimitMs, async (agent, limit) =>
    agent.call("state.get", {}, limit),
  );
  return folders.map((folder) => ({ ...folder, isMounted: isAmong(folder, mounted.folders ?? []) }));
}

/** A folder that is there already has what is asked for now. The machine's lock is held. */
export async function runMount(context: Context, folder: HostFolder): Promise<void> {
  const { host, dir } = context;
  const config = await readMachineConfig(host, dir);
  const others = (config.folders ?? []).filter(({ path }) => path !== folder.path);
  await checkFolders(host, [folder]);
  await runChangeConfig(context, { ...config, folders: [...others, folder] }, `${folder.path} mounted`);
}

/** Throws UserError `folder-not-shared`, and `folder-in-use` unless `isForced`. The machine's lock is held. */
export async function runUnmount(context: Context, path: string, isForced: boolean): Promise<void> {
  const { host, dir, driver, signal } = context;
  const config = await readMachineConfig(host, dir);
  const { folders = [] } = config;
  const left = folders.filter((folder) => folder.path !== path);
  if (left.length === folders.length) {
    throw new UserError(`machine ${dir.name} does not share ${path}`, {
      code: "folder-not-shared",
      hint: `What it shares: boot2docker mount ${dir.name}`,
    });
  }
  if (!isForced && (await driver.inspect()).state === "on") {
    const answer = await askDocker(host, dir, config, signal, "/containers/json");
    if (!("body" in answer) || answer.status !== 200) {
      throw new UserError(`Docker does not say who uses ${path}`, {
        code: "folder-in-use",
        hint: `With --force it is taken away all the same. See: boot2docker status ${dir.name}`,
      });
    }
    const isOf = (source: string): boolean => `${source}/`.startsWith(`${path}/`) || path.startsWith(`${source}/`);
    const users = z
      .parse(Containers, JSON.parse(answer.body))
      .filter(({ Mounts = [] }) => Mounts.some(({ Source = "" }) => Source !== "" && isOf(Source)))
      .map(({ Names }) => Names[0]?.slice(1) ?? "");
    if (users.length > 0) {
      throw new UserError(`${path} is used by ${users.join(", ")}`, {
        code: "folder-in-use",
        hint: "Stop what uses it first. With --force it is taken away all the same, and they meet errors.",
      });
    }
  }
  await runChangeConfig(context, { ...config, folders: left }, `${path} unmounted`);
}

const isAmong = (folder: Folder, folders: readonly Folder[]): boolean =>
  folders.some(({ path, readOnly }) => path === folder.path && readOnly === folder.readOnly);
