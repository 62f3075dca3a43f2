import type { Folder } from "@boot2docker/protocol";
import type { ErrorCode } from "../error-codes.ts";
import { UserError, exitCodes } from "../errors.ts";
import { defaultFolders } from "../folders.ts";
import type { Host } from "../host.ts";
import { ensureCa, renewClientCertificate } from "../tls/ca.ts";
import { type MachineConfig, parseMachineConfig, writeMachineConfig } from "../machine-dir/config-file.ts";
import { type AdoptedDisk, adoptDisk } from "./adopt-disk.ts";
import { ensureDataDisk } from "./data-disk.ts";
import { checkSocketPaths, machineDir, type MachineDir, type RootDir } from "../machine-dir/dir.ts";
import { leastDiskBytes, leastMemoryMiB } from "./limits.ts";
import { withLock } from "./lock.ts";
import type { Progress } from "./machine.ts";
import { chooseDynamicPorts, choosePorts, type MachinePorts } from "../machine-dir/ports.ts";
import { inRow } from "./row.ts";
import { ensureSshKey } from "./ssh-key.ts";

/** Ports that are not given are chosen: free now, and of no other machine. */
export type MachineRequest = Omit<MachineConfig, keyof MachinePorts> & Partial<MachinePorts> & { adopt?: AdoptedDisk };

/** What the host needs for the unpacked image and a first container. */
const leastFreeBytes = 1 << 30;

/**
 * Makes the files of a new machine; nothing is started. Killed at any time it can be called again: the settings are
 * written last, and until then there is no machine.
 *
 * Throws UserError `machine-exists`, `path-too-long`, `memory-too-small`, `host-memory`, `host-disk-full` …
 */
export async function createMachine(
  host: Host,
  name: string,
  request: MachineRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<MachineConfig> {
  const dir = machineDir(host, name);
  checkSocketPaths(host, dir);
  await host.files.makeDirectory(dir.root.machines);
  const options = { path: dir.root.lock, what: dir.root.path, progress, signal };
  return withLock(host, options, () => createLocked(host, dir, request, progress, signal));
}

async function createLocked(
  host: Host,
  dir: MachineDir,
  request: MachineRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<MachineConfig> {
  if ((await host.files.stat(dir.config)) !== undefined) {
    throw new UserError(`there is a machine ${dir.name} already`, {
      code: "machine-exists",
      hint: `Start it with: boot2docker up ${dir.name}`,
    });
  }
  await checkRequest(host, dir.root, request);
  const folders = request.folders ?? (await findDefaultFolders(host));
  await checkFolders(host, folders);
  const others = await otherMachines(host, dir.root);
  const ports = await portsFor(host, dir, request, others);
  const ranges = others.flatMap(({ config: { dynamicPorts } }) => dynamicPorts ?? []);
  const dynamicPorts = chooseDynamicPorts(dir.path, ranges);
  const isNew = (await host.files.list(dir.path)).length === 0;
  await makeMachineDirectory(host, dir);
  try {
    const { adopt, ...wanted } = request;
    if (adopt !== undefined) await adoptDisk(host, dir, adopt, progress, signal);
    return await inRow(progress, `machine ${dir.name} created`, async () => {
      await ensureCa(host, dir.root);
      await renewClientCertificate(host, dir);
      await ensureSshKey(host, dir);
      const diskBytes = await ensureDataDisk(host, dir, request.diskBytes);
      const config = { ...wanted, ...ports, dynamicPorts, diskBytes, folders };
      await writeMachineConfig(host, dir, config);
      return config;
    });
  } catch (error) {
    // What was there before may be all that is left of a machine.
    if (isNew) await host.files.remove(dir.path);
    throw error;
  }
}

async function checkRequest(host: Host, root: RootDir, request: MachineRequest): Promise<void> {
  if (request.memoryMiB < leastMemoryMiB) {
    throw tooLittle("memory-too-small", `${request.memoryMiB} MiB of memory are too little`, `${leastMemoryMiB} MiB`);
  }
  if (request.diskBytes < leastDiskBytes) {
    throw tooLittle("disk-too-small", `a disk of ${request.diskBytes} bytes is too small`, `${leastDiskBytes} bytes`);
  }
  checkMemory(host, request.memoryMiB);
  const freeBytes = await host.files.freeBytes(root.path);
  if (freeBytes < leastFreeBytes) {
    throw new UserError(`${root.path} has ${freeBytes} bytes free, a machine needs at least ${leastFreeBytes}`, {
      code: "host-disk-full",
      hint: "Make room there, or set BOOT2DOCKER_DIR to a directory on a larger disk.",
    });
  }
}

/** Throws UserError `host-memory` (exit 2) when this host does not have so much. A VM takes only what it uses. */
export function checkMemory(host: Host, wantedMiB: number): void {
  const has = Math.floor(host.resources().memoryBytes / 2 ** 20);
  if (wantedMiB <= has) return;
  throw new UserError(`the machine is to have ${wantedMiB} MiB of memory; this host has ${has}`, {
    code: "host-memory",
    hint: "Ask for less memory.",
    exitCode: exitCodes.usage,
  });
}

async function findDefaultFolders({ files, homeDir }: Host): Promise<Folder[]> {
  return (await files.stat(homeDir))?.kind === "directory" ? defaultFolders(homeDir) : [];
}

/** Throws UserError `folder-absent`, for all of them at once. */
export async function checkFolders({ files }: Host, folders: readonly Folder[]): Promise<void> {
  const found = await Promise.all(
    folders.map(async ({ path }) => ({ path, facts: await files.stat(await files.realPath(path)) })),
  );
  const absent = found.filter(({ facts }) => facts?.kind !== "directory").map(({ path }) => path);
  if (absent.length === 0) return;
  throw new UserError(`no folder of this host: ${absent.join(", ")}`, {
    code: "folder-absent",
    hint: "Make it first, or leave it out; `none` is no folder.",
    exitCode: exitCodes.usage,
  });
}

function tooLittle(code: ErrorCode, message: string, least: string): UserError {
  return new UserError(message, { code, hint: `Ask for at least ${least}.`, exitCode: exitCodes.usage });
}

/** A link in its place would put the machine's secrets, and later its deletion, somewhere else. */
async function makeMachineDirectory(host: Host, dir: MachineDir): Promise<void> {
  await host.files.makeDirectory(dir.path);
  await checkMachineDirectory(host, dir);
}

export async function checkMachineDirectory(host: Host, dir: MachineDir): Promise<void> {
  if ((await host.files.stat(dir.path))?.kind === "directory") return;
  throw new UserError(`${dir.path} is not a directory`, {
    code: "machine-directory",
    hint: "Move away what is there: a machine's directory is never a link.",
  });
}

async function portsFor(
  host: Host,
  dir: MachineDir,
  request: Partial<MachinePorts>,
  others: readonly OtherMachine[],
): Promise<MachinePorts> {
  const taken = portsOf(others);
  refuseTaken(request, taken);
  const { dockerPort, sshPort } = request;
  if (dockerPort !== undefined && sshPort !== undefined) return { dockerPort, sshPort };
  const requested = [dockerPort, sshPort].filter((port) => port !== undefined);
  const chosen = await choosePorts(host, dir.path, new Set([...taken.keys(), ...requested]));
  return { dockerPort: dockerPort ?? chosen.dockerPort, sshPort: sshPort ?? chosen.sshPort };
}

/** Throws UserError `port-of-machine` for those of another machine than this one. */
export async function checkPorts(host: Host, dir: MachineDir, ports: MachinePorts): Promise<void> {
  const others = await otherMachines(host, dir.root);
  refuseTaken(ports, portsOf(others.filter(({ name }) => name !== dir.name)));
}

function refuseTaken({ dockerPort, sshPort }: Partial<MachinePorts>, taken: ReadonlyMap<number, string>): void {
  for (const port of [dockerPort, sshPort]) {
    const owner = port === undefined ? undefined : taken.get(port);
    if (owner === undefined) continue;
    throw new UserError(`port ${String(port)} belongs to machine ${owner}, which keeps it`, {
      code: "port-of-machine",
      hint: "Ask for another one; `init` without the option chooses a free one.",
      exitCode: exitCodes.usage,
    });
  }
}

/** Whose they are. */
function portsOf(machines: readonly OtherMachine[]): Map<number, string> {
  return new Map(
    machines.flatMap(({ name, config: { dockerPort, sshPort } }) => [dockerPort, sshPort].map((port) => [port, name])),
  );
}

interface OtherMachine {
  name: string;
  config: MachineConfig;
}

/** Running or not. One whose settings can't be read must not hold up others. */
async function otherMachines(host: Host, root: RootDir): Promise<OtherMachine[]> {
  const found: OtherMachine[] = [];
  for (const name of await host.files.list(root.machines)) {
    try {
      const text = await host.files.readText(`${root.machines}/${name}/machine.json`);
      found.push({ name, config: parseMachineConfig(text ?? "", name, host.homeDir) });
    } catch {
      continue;
    }
  }
  return found;
}
