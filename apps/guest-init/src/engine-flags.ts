/** How a flag of dockerd is written in daemon.json. */
type Form =
  /** A key of the flag's own name. */
  | "boolean"
  | "number"
  | "text"
  /** A list under the key. */
  | { list: string }
  /** `name=value` under the key. */
  | { map: string }
  | "ulimit"
  | "address-pool"
  | "proxy"
  /** What boot2docker decides. */
  | "ours";

/** The flags of dockerd 28 (`dockerd --help`), and older ones that disks of the ancestors may still ask for. */
const FLAGS: Readonly<Record<string, Form>> = {
  "allow-direct-routing": "boolean",
  "authorization-plugin": { list: "authorization-plugins" },
  bip: "text",
  bip6: "text",
  bridge: "text",
  "cdi-spec-dir": { list: "cdi-spec-dirs" },
  "cgroup-parent": "text",
  "config-file": "ours",
  containerd: "ours",
  "containerd-namespace": "ours",
  "containerd-plugins-namespace": "ours",
  "cri-containerd": "ours",
  "data-root": "ours",
  debug: "boolean",
  "default-address-pool": "address-pool",
  "default-cgroupns-mode": "text",
  "default-gateway": "text",
  "default-gateway-v6": "text",
  "default-ipc-mode": "text",
  "default-runtime": "text",
  "default-shm-size": "text",
  "default-ulimit": "ulimit",
  dns: { list: "dns" },
  "dns-opt": { list: "dns-opts" },
  "dns-search": { list: "dns-search" },
  "exec-opt": { list: "exec-opts" },
  "exec-root": "ours",
  experimental: "boolean",
  feature: { map: "features" },
  "fixed-cidr": "text",
  "fixed-cidr-v6": "text",
  graph: "ours",
  group: "ours",
  host: "ours",
  "host-gateway-ip": "text",
  "http-proxy": "proxy",
  "https-proxy": "proxy",
  icc: "boolean",
  init: "boolean",
  "init-path": "text",
  "insecure-registry": { list: "insecure-registries" },
  ip: "text",
  "ip-forward": "boolean",
  "ip-forward-no-drop": "boolean",
  "ip-masq": "boolean",
  ip6tables: "boolean",
  iptables: "boolean",
  ipv6: "boolean",
  label: { list: "labels" },
  "live-restore": "boolean",
  "log-driver": "text",
  "log-format": "text",
  "log-level": "text",
  "log-opt": { map: "log-opts" },
  "max-concurrent-downloads": "number",
  "max-concurrent-uploads": "number",
  "max-download-attempts": "number",
  "metrics-addr": "text",
  mtu: "number",
  "network-control-plane-mtu": "number",
  "no-new-privileges": "boolean",
  "no-proxy": "proxy",
  "node-generic-resource": { list: "node-generic-resources" },
  pidfile: "ours",
  "raw-logs": "boolean",
  "registry-mirror": { list: "registry-mirrors" },
  rootless: "ours",
  "seccomp-profile": "text",
  "selinux-enabled": "boolean",
  "shutdown-timeout": "ours",
  "storage-driver": "text",
  "storage-opt": { list: "storage-opts" },
  "swarm-default-advertise-addr": "text",
  tls: "ours",
  tlscacert: "ours",
  tlscert: "ours",
  tlskey: "ours",
  tlsverify: "ours",
  "userland-proxy": "ours",
  "userland-proxy-path": "ours",
  "userns-remap": "text",
};

const SHORT_FLAGS: Readonly<Record<string, string>> = {
  b: "bridge",
  D: "debug",
  g: "graph",
  G: "group",
  H: "host",
  l: "log-level",
  p: "pidfile",
  s: "storage-driver",
};

export type Daemon = Record<string, unknown>;

/** The arguments of a dockerd as a daemon.json, and what of them cannot be had. */
export function parseEngineFlags(words: readonly string[]): { daemon: Daemon; problems: string[] } {
  const daemon: Daemon = {};
  const problems: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const flag = parseFlag(word);
    const form = flag && FLAGS[flag.name];
    if (flag === undefined || form === undefined) {
      problems.push(`${word}: the engine has no such option`);
      continue;
    }
    const value = flag.value ?? (takesNoValue(flag.name, form) ? "true" : rest.shift());
    if (value === undefined) problems.push(`${word}: its value is missing`);
    else if (form === "ours") problems.push(`${word}: decided by boot2docker`);
    else {
      const problem = put(daemon, flag.name, form, value);
      if (problem !== undefined) problems.push(`${word} ${value}: ${problem}`);
    }
  }
  return { daemon, problems };
}

/** `--name`, `--name=value`, `-n`, `-n=value`, `-nvalue`; old ones wrote `-name`, too. */
function parseFlag(word: string): { name: string; value: string | undefined } | undefined {
  const [, dashes, name = "", value] = /^(--?)([a-z0-9][a-z0-9-]*)(?:=(.*))?$/is.exec(word) ?? [];
  if (dashes === undefined) return undefined;
  if (Object.hasOwn(FLAGS, name)) return { name, value };
  const long = dashes === "-" ? SHORT_FLAGS[name.charAt(0)] : undefined;
  if (long === undefined) return undefined;
  return { name: long, value: value ?? (name.length > 1 ? name.slice(1) : undefined) };
}

function takesNoValue(name: string, form: Form): boolean {
  return form === "boolean" || ["tls", "tlsverify", "rootless", "cri-containerd", "userland-proxy"].includes(name);
}

/** Returns what is wrong with the value. */
function put(daemon: Daemon, name: string, form: Exclude<Form, "ours">, value: string): string | undefined {
  if (typeof form === "object") {
    if ("list" in form) listOf(daemon, form.list).push(value);
    else {
      const [key = "", ...text] = value.split("=");
      mapOf(daemon, form.map)[key] = form.map === "features" ? text.join("=") !== "false" : text.join("=");
    }
    return undefined;
  }
  switch (form) {
    case "text":
      daemon[name] = value;
      return undefined;
    case "number":
      if (!/^-?\d{1,15}$/.test(value)) return "expected a number";
      daemon[name] = Number(value);
      return undefined;
    case "boolean":
      if (!/^(true|false|1|0)$/i.test(value)) return "expected true or false";
      daemon[name] = /^(true|1)$/i.test(value);
      return undefined;
    case "proxy":
      mapOf(daemon, "proxies")[name] = value;
      return undefined;
    case "ulimit": {
      const [, Name = "", soft = "", hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
      if (Name === "") return "expected name=soft:hard";
      mapOf(daemon, "default-ulimits")[Name] = { Name, Soft: Number(soft), Hard: Number(hard) };
      return undefined;
    }
    case "address-pool": {
      const [, base, size] = /^base=([^,]+),size=(\d+)$/.exec(value) ?? [];
      if (base === undefined) return "expected base=CIDR,size=BITS";
      listOf(daemon, "default-address-pools").push({ base, size: Number(size) });
      return undefined;
    }
    default:
      return form satisfies never;
  }
}

function listOf(daemon: Daemon, key: string): unknown[] {
  const present = daemon[key];
  if (Array.isArray(present)) return present;
  const list: unknown[] = [];
  daemon[key] = list;
  return list;
}

function mapOf(daemon: Daemon, key: string): Record<string, unknown> {
  // Only `put` writes there.
  const map = (daemon[key] ?? {}) as Record<string, unknown>;
  daemon[key] = map;
  return map;
}
