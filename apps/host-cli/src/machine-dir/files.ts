/** Who writes a file. */
type Owner = "command" | "agent" | "qemu" | "user";

export interface FileRow {
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
