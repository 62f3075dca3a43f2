import { CONTAINERD_SOCKET, DOCKER_SOCKET } from "./paths.ts";
import { STOP_ENGINE_MS } from "./plan.ts";
import { TLS_FILES } from "./tls.ts";

export interface EngineFacts {
  /** There is a certificate: the engine may listen on TCP. Never without (DESIGN §8). */
  hasIdentity: boolean;
  /** dockerd does not start with live-restore on a disk that holds swarm state. */
  hasSwarmState: boolean;
}

/** dockerd's daemon.json, as far as we set it; `dockerd --help` and Docker's reference explain the keys. */
export interface EngineConfig {
  hosts: string[];
  tlsverify?: true;
  tlscacert?: string;
  tlscert?: string;
  tlskey?: string;
  containerd: string;
  "exec-root": string;
  "data-root": string;
  pidfile: string;
  group: string;
  "storage-driver": "overlay2";
  "live-restore": boolean;
  "shutdown-timeout": number;
  "log-driver": "json-file";
  "log-opts": Record<string, string>;
  "default-ulimits": Record<string, { Name: string; Soft: number; Hard: number }>;
}

export function planEngineConfig({ hasIdentity, hasSwarmState }: EngineFacts): EngineConfig {
  return {
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
    "storage-driver": "overlay2",
    // Containers outlive a dockerd that dies. At shutdown it is switched off first, or nobody would stop them.
    "live-restore": !hasSwarmState,
    // Otherwise it gives up 5 s after the longest time-out of a container, and on a busy machine leaves them running.
    "shutdown-timeout": STOP_ENGINE_MS / 1000 - 10,
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
    // Node raises its own soft limit to the hard one, and what it starts inherits that. Programs that close every
    // possible descriptor take minutes with a million of them, so containers get the usual soft limit.
    "default-ulimits": { nofile: { Name: "nofile", Soft: 1024, Hard: 1_048_576 } },
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
