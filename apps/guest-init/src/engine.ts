import { PLUGIN } from "./bind-sources.ts";
import type { Daemon } from "./engine-flags.ts";
import { mergeDaemon } from "./engine-settings.ts";
import { CONTAINERD_SOCKET, DOCKER_PROXY, DOCKER_SOCKET } from "./paths.ts";
import { STOP_ENGINE_MS } from "./shutdown-plan.ts";
import { TLS_FILES } from "./tls.ts";

/** A log driver whose files are ours to bound. */
const FILE_LOG_DRIVERS: readonly unknown[] = ["json-file", "local"];

/** What the engine is when nobody wants it otherwise; Docker's reference explains the keys. */
const DEFAULTS: Daemon = {
  "storage-driver": "overlay2",
  "log-driver": "json-file",
  // Node raises its own soft limit to the hard one, and what it starts inherits that. Programs that close every
  // possible descriptor take minutes with a million of them, so containers get the usual soft limit.
  "default-ulimits": { nofile: { Name: "nofile", Soft: 1024, Hard: 1_048_576 } },
};
const LOG_LIMITS = { "log-opts": { "max-size": "10m", "max-file": "3" } };

/**
 * dockerd's daemon.json. `hostAddress` is where containers find the host, if the machine has one. The engine listens on TCP
 * only with a certificate (DESIGN §8). What is decided here is left out of `wanted` by whoever made that (engine-settings.ts).
 */
export function planEngineConfig(hasIdentity: boolean, wanted: Daemon, hostAddress?: string): Daemon {
  const hasGateway = ["host-gateway-ip", "host-gateway-ips"].some((key) => key in wanted);
  const driver = wanted["log-driver"] ?? DEFAULTS["log-driver"];
  const defaults = {
    ...DEFAULTS,
    ...(FILE_LOG_DRIVERS.includes(driver) ? LOG_LIMITS : {}),
    // What `host-gateway` means in --add-host: otherwise it is this machine, on which nothing of the host listens.
    ...(hostAddress !== undefined && !hasGateway && { "host-gateway-ips": [hostAddress] }),
    // What would be an empty folder in place of one of the host's is refused: bind-sources.ts.
    ...(hostAddress !== undefined && { "authorization-plugins": [PLUGIN] }),
  };
  return {
    ...mergeDaemon(defaults, wanted),
    hosts: [`unix://${DOCKER_SOCKET}`, ...(hasIdentity ? ["tcp://0.0.0.0:2376"] : [])],
    ...(hasIdentity && {
      tlsverify: true,
      tlscacert: TLS_FILES.ca,
      tlscert: TLS_FILES.certificate,
      tlskey: TLS_FILES.key,
    }),
    containerd: CONTAINERD_SOCKET,
    "exec-root": "/run/docker",
    "data-root": "/var/lib/docker",
    pidfile: "/run/docker.pid",
    group: "docker",
    // It asks us whether the host can answer on the port: published-ports.ts.
    "userland-proxy": true,
    "userland-proxy-path": DOCKER_PROXY,
    // Otherwise it gives up 5 s after the longest time-out of a container, and on a busy machine leaves them running.
    "shutdown-timeout": STOP_ENGINE_MS / 1000 - 10,
  };
}

/** Of containerd's plug-ins the engine uses few; each that is not loaded is time and memory saved at boot. */
const UNUSED_PLUGINS = [
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.nri.v1.nri",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
];

export function renderContainerdConfig(): string {
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ${JSON.stringify(UNUSED_PLUGINS)}

[grpc]
  address = "${CONTAINERD_SOCKET}"
`;
}
