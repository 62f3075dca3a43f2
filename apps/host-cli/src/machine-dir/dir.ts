import { UserError, exitCodes } from "../errors.ts";
import type { Host } from "../host.ts";
import { type FileRow, machineFiles, rootFiles } from "./files.ts";

/** The machine of who names none. */
export const defaultMachine = "boot2docker";

export type RootDir = { readonly path: string } & Readonly<Record<keyof typeof rootFiles, string>>;
export type MachineDir = { readonly name: string; readonly path: string; readonly root: RootDir } & Readonly<
  Record<keyof typeof machineFiles, string>
>;

/** Absolute paths; makes nothing. */
export function rootDir(host: Host): RootDir {
  const named = host.env["BOOT2DOCKER_DIR"] ?? "";
  const path = named === "" ? `${host.homeDir}/.boot2docker` : named;
  if (!/^(\/|[A-Za-z]:[\\/])/.test(path)) {
    throw new UserError(`BOOT2DOCKER_DIR is not an absolute path: ${path}`, {
      code: "root-directory-relative",
      hint: "Set it to an absolute path, or unset it to use ~/.boot2docker.",
      exitCode: exitCodes.usage,
    });
  }
  return { path, ...absolute(rootFiles, (relative) => `${path}/${relative}`) };
}

/** Absolute paths; makes nothing. Throws UserError `machine-name` (exit 2) for a name that is not one. */
export function machineDir(host: Host, name: string): MachineDir {
  checkName(name);
  const root = rootDir(host);
  const path = `${root.machines}/${name}`;
  return { name, path, root, ...absolute(machineFiles, (relative) => `${path}/${relative}`) };
}

/** Whose VM or carrier of ports that is: they have paths of their machine among their arguments. */
export function machineOf({ machines }: RootDir, commandLine: string): string | undefined {
  const [, behind] = commandLine.split(`${machines}/`, 2);
  return behind?.split("/", 1)[0];
}

/** The name becomes the guest's host name and a folder: a DNS label (RFC 1123) is safe as both, but for devices of Windows. */
export function isMachineName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) && !/^(con|prn|aux|nul|com\d|lpt\d)$/.test(name);
}

const longestShown = 80;

function checkName(name: string): void {
  if (isMachineName(name)) return;
  const shown = name.length > longestShown ? `${name.slice(0, longestShown)}…` : name;
  const nearby = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const rule = "Use up to 63 lower-case letters, digits and hyphens, with a letter or digit first and last";
  throw new UserError(`not a machine name: ${JSON.stringify(shown)}`, {
    code: "machine-name",
    hint: isMachineName(nearby) ? `${rule}: ${nearby}` : `${rule}.`,
    exitCode: exitCodes.usage,
  });
}

/** `sun_path` of the system without its closing zero: unix(7), and sys/un.h of macOS. */
const maxSocketPathBytes = { linux: 107, darwin: 103, win32: 107 };

/** Throws UserError `path-too-long` when a socket of this machine could not be made. */
export function checkSocketPaths(host: Host, dir: MachineDir): void {
  const limit = maxSocketPathBytes[host.platform];
  for (const key of machineFileKeys) {
    const row: FileRow = machineFiles[key];
    const length = new TextEncoder().encode(dir[key]).byteLength + (row.spareBytes ?? 0);
    if (row.kind !== "socket" || length <= limit) continue;
    throw new UserError(
      `the path of a socket would be too long: ${dir[key]} has ${length} bytes, ${limit} are possible`,
      {
        code: "path-too-long",
        hint: "Choose a shorter machine name, or set BOOT2DOCKER_DIR to a shorter directory.",
      },
    );
  }
}

const machineFileKeys = Object.keys(machineFiles) as (keyof typeof machineFiles)[]; // Object.keys forgets the type.

function absolute<K extends string>(rows: Record<K, FileRow>, at: (relative: string) => string): Record<K, string> {
  const entries = Object.entries<FileRow>(rows).map(([key, row]) => [key, at(row.path)]);
  return Object.fromEntries(entries) as Record<K, string>; // fromEntries forgets the keys it was given.
}
