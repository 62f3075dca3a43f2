import { UserError, exitCodes } from "../errors.ts";
import type { Host } from "../host.ts";

/** The machine of who names none. */
export const defaultMachine = "boot2docker";

/** Who writes a file. */
type Owner = "command" | "agent" | "qemu" | "user";

interface FileRow {
  path: string;
  kind: "file" | "directory" | "socket";
  /** How much longer the name is while its program makes it. */
  spareBytes?: number;
  owner: Owner;
  purpose: string;
}

/** Every name below the root directory; `docs/machine-dir.md` is made of this table and the next. */
export const rootFiles = {
  lock: {
    path: "lock",
    kind: "file",
    owner: "command",
    purpose: "Held while ports, the CA or an image are being made.",
  },
  caDir: { path: "ca", kind: "directory", owner: "command", purpose: "The certificate authority of all machines." },
  caCert: { path: "ca/ca.pem", kind: "file", owner: "command", purpose: "Certificate of the CA." },
  caKey: { path: "ca/ca-key.pem", kind: "file", owner: "command", purpose: "Key of the CA. Never leaves this host." },
  images: {
    path: "images",
    kind: "directory",
    owner: "command",
    purpose:
      "Unpacked images, `<version>-<first 12 digits of the manifest's SHA-256>/`; `….partial` while one is unpacked. Safe to delete.",
  },
  accelerators: {
    path: "accelerators.json",
    kind: "file",
    owner: "command",
    purpose: "What trying out QEMU's accelerators showed. Safe to delete.",
  },
  probeFirmware: {
    path: "probe.bin",
    kind: "file",
    owner: "command",
    purpose: "Five instructions to try QEMU's accelerators with. Safe to delete.",
  },
  compiled: {
    path: "compiled",
    kind: "directory",
    owner: "command",
    purpose: "What Node has compiled of this program. Safe to delete.",
  },
  defaults: {
    path: "defaults.json",
    kind: "file",
    owner: "user",
    purpose: "Settings of machines that are made later.",
  },
  oldProfile: {
    path: "profile",
    kind: "file",
    owner: "user",
    purpose: "Settings of boot2docker-cli. Not read; `init` says so.",
  },
  defaultsDraft: {
    path: "defaults.draft.json",
    kind: "file",
    owner: "command",
    purpose: "Defaults that somebody is editing.",
  },
  defaultsRejected: {
    path: "defaults.rejected.json",
    kind: "file",
    owner: "command",
    purpose: "What somebody has edited last and that could not be used. Safe to delete.",
  },
  machines: {
    path: "machines",
    kind: "directory",
    owner: "command",
    purpose: "One directory per machine; `.deleted-…` is one that is going.",
  },
} as const satisfies Record<string, FileRow>;

export const machineFiles = {
  config: {
    path: "machine.json",
    kind: "file",
    owner: "command",
    purpose: "The machine's settings. Made last at create: without it there is no machine.",
  },
  configDraft: {
    path: "machine.draft.json",
    kind: "file",
    owner: "command",
    purpose: "Settings that somebody is editing.",
  },
  configRejected: {
    path: "machine.rejected.json",
    kind: "file",
    owner: "command",
    purpose: "What somebody has edited last and that could not be used. Safe to delete.",
  },
  inherited: {
    path: "inherited.json",
    kind: "file",
    owner: "command",
    purpose: "Proxies and authorities of this host, as they were at the machine's last start.",
  },
  dataDisk: {
    path: "data.raw",
    kind: "file",
    owner: "command",
    purpose: "Data disk, raw and sparse (ADR 0005); `data.raw.new` while it is made.",
  },
  tlsDir: { path: "tls", kind: "directory", owner: "command", purpose: "What `DOCKER_CERT_PATH` points to." },
  tlsCa: { path: "tls/ca.pem", kind: "file", owner: "command", purpose: "Copy of the CA's certificate." },
  tlsCert: { path: "tls/cert.pem", kind: "file", owner: "command", purpose: "Client certificate." },
  tlsKey: { path: "tls/key.pem", kind: "file", owner: "command", purpose: "Key of the client certificate." },
  sshDir: { path: "ssh", kind: "directory", owner: "command", purpose: "The user's way into the guest." },
  sshKey: { path: "ssh/id_ed25519", kind: "file", owner: "command", purpose: "Private ssh key, OpenSSH's format." },
  sshPublicKey: { path: "ssh/id_ed25519.pub", kind: "file", owner: "command", purpose: "Public ssh key." },
  lock: { path: "lock", kind: "file", owner: "command", purpose: "Held while a command changes the machine." },
  agentLock: { path: "agent.lock", kind: "file", owner: "agent", purpose: "Held while the host agent lives." },
  agentSocket: { path: "agent.sock", kind: "socket", owner: "agent", purpose: "Where commands ask the host agent." },
  agentLog: {
    path: "agent.log",
    kind: "file",
    owner: "agent",
    purpose: "What the host agent did; cut when it is long.",
  },
  knownHosts: {
    path: "ssh/known_hosts",
    kind: "file",
    owner: "agent",
    purpose: "The guest's ssh host keys, which it told through its channel; `ssh-config` writes it, too.",
  },
  dockerSocket: {
    path: "docker.sock",
    kind: "socket",
    owner: "agent",
    purpose: "Docker, for clients of this user: what the docker context leads to.",
  },
  engineSocket: {
    path: "engine.sock",
    kind: "socket",
    owner: "agent",
    purpose: "The guest's own Docker socket, at this end of the ssh client's connection.",
  },
  foldersSocket: {
    path: "nfs.sock",
    kind: "socket",
    owner: "agent",
    purpose: "The agent's NFS server for the guest, at this end of the ssh client's connection.",
  },
  tunnelSocket: {
    path: "ssh.sock",
    kind: "socket",
    spareBytes: 17,
    owner: "agent",
    purpose: "Control socket of the ssh client that carries published ports.",
  },
  tunnelLog: {
    path: "tunnel.log",
    kind: "file",
    owner: "agent",
    purpose: "What that ssh client complained about; cut when it is long.",
  },
  pid: { path: "qemu.pid", kind: "file", owner: "qemu", purpose: "Process of the VM. QEMU keeps it locked." },
  qemuLog: {
    path: "qemu.log",
    kind: "file",
    owner: "qemu",
    purpose: "What QEMU complained about since the last start.",
  },
  channelSocket: {
    path: "channel.sock",
    kind: "socket",
    owner: "qemu",
    purpose: "The guest's port `boot2docker.0`. For the host agent alone: it takes one client.",
  },
  agentMonitor: { path: "qmp-agent.sock", kind: "socket", owner: "qemu", purpose: "QMP monitor of the host agent." },
  commandMonitor: {
    path: "qmp.sock",
    kind: "socket",
    owner: "qemu",
    purpose: "QMP monitor of commands, one at a time.",
  },
  consoleSocket: { path: "console.sock", kind: "socket", owner: "qemu", purpose: "Serial console, one client." },
  consoleLock: {
    path: "console.lock",
    kind: "file",
    owner: "command",
    purpose: "Held while a terminal is attached to the console.",
  },
  consoleLog: {
    path: "console.log",
    kind: "file",
    owner: "qemu",
    purpose: "Serial console since the last start; cut when long.",
  },
  autostartLog: {
    path: "autostart.log",
    kind: "file",
    owner: "command",
    purpose: "On macOS: what `up` said at logins.",
  },
  autostartTask: {
    path: "autostart.xml",
    kind: "file",
    owner: "command",
    purpose: "On Windows: what Task Scheduler is told, while it is told.",
  },
  previousConsoleLog: {
    path: "console.log.1",
    kind: "file",
    owner: "command",
    purpose: "The console log of the start before.",
  },
} as const satisfies Record<string, FileRow>;

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
