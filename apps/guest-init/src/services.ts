import { ServiceName } from "@boot2docker/protocol";
import type { Daemon } from "./engine-flags.ts";
import type { Console } from "./kernel-parameters.ts";
import { CONTAINERD_SOCKET, DOCKER_SOCKET, LOG_DIR, NTP_SERVERS_FILE, RUN_DIR } from "./paths.ts";
import type { ProcessSpec } from "./system.ts";

/** The services that the host is told of, and those that are only ours. */
export type ServiceId = ServiceName | "dhcp" | Console["id"];

export function isPublic(id: ServiceId): id is ServiceName {
  return ServiceName.options.some((name) => name === id);
}

export type Readiness =
  /** It is ready as soon as it runs. */
  | { kind: "running" }
  | { kind: "connects"; socketPath: string }
  | { kind: "listens"; port: number }
  | { kind: "file"; path: string }
  /** The engine's `_ping` on its unix socket. */
  | { kind: "ping"; socketPath: string };

export interface ServiceSpec {
  id: ServiceId;
  process: ProcessSpec;
  readiness: Readiness;
  /** A process that ended may leave these; the next one must not take them for its own. */
  leftovers: readonly string[];
  /** What it was configured with beside its arguments. A service that runs with something else is restarted. */
  config?: Readonly<Record<string, unknown>>;
  /** Fingerprint of the certificate that it was started with, which it never reads again. */
  identity?: string | undefined;
  /** Failures in a row until it is `failed`; undefined: it is tried for ever. */
  maxFailures: number | undefined;
}

export const logPathOf = (id: ServiceId | "guest-init"): string => `${LOG_DIR}/${id}.log`;

const MAX_FAILURES = 6;

export function containerdSpec(configFile: string): ServiceSpec {
  return {
    id: "containerd",
    process: {
      argv: ["/usr/bin/containerd", "--config", configFile],
      env: {},
      io: { logPath: logPathOf("containerd") },
    },
    readiness: { kind: "connects", socketPath: CONTAINERD_SOCKET },
    leftovers: [CONTAINERD_SOCKET],
    maxFailures: MAX_FAILURES,
  };
}

/** `config` is written to the file whenever it starts (live-restore.ts). */
export function dockerdSpec(
  configFile: string,
  config: Daemon,
  env: Readonly<Record<string, string>>,
  identity: string | undefined,
): ServiceSpec {
  return {
    id: "dockerd",
    process: {
      argv: ["/usr/sbin/dockerd", "--config-file", configFile],
      env,
      io: { logPath: logPathOf("dockerd") },
    },
    readiness: { kind: "ping", socketPath: DOCKER_SOCKET },
    leftovers: [DOCKER_SOCKET, "/run/docker.pid"],
    config,
    identity,
    maxFailures: MAX_FAILURES,
  };
}

export function sshdSpec(hostKeyPath: string): ServiceSpec {
  return {
    id: "sshd",
    process: {
      // In the foreground, errors to stderr, no passwords, no root.
      argv: ["/usr/sbin/dropbear", "-F", "-E", "-s", "-w", "-p", "22", "-r", hostKeyPath, "-P", "/run/dropbear.pid"],
      env: {},
      io: { logPath: logPathOf("sshd") },
    },
    readiness: { kind: "listens", port: 22 },
    leftovers: [],
    maxFailures: MAX_FAILURES,
  };
}

export function consoleSpec({ id, terminal }: Console): ServiceSpec {
  return {
    id,
    process: {
      // It is the leader of its session already: the first terminal that it opens becomes its own, for Ctrl-C and jobs.
      argv: ["/usr/bin/busybox", "sh", "-c", 'exec bash --login <"$0" >"$0" 2>&1', terminal],
      env: { HOME: "/root", TERM: "linux", USER: "root" },
      io: { terminal },
    },
    readiness: { kind: "running" },
    leftovers: [],
    maxFailures: undefined,
  };
}

export function dhcpSpec(nic: string, script: string, boundFile: string): ServiceSpec {
  return {
    id: "dhcp",
    process: {
      argv: ["/usr/bin/busybox", "udhcpc", "-f", "-S", "-O", "ntpsrv", "-i", nic, "-s", script],
      env: { BOUND_FILE: boundFile, NTP_SERVERS_FILE },
      // Not on the data disk, which may not be there yet.
      io: { logPath: `${RUN_DIR}/dhcp.log` },
    },
    readiness: { kind: "file", path: boundFile },
    leftovers: [boundFile],
    maxFailures: undefined,
  };
}
