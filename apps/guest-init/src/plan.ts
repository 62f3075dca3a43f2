import type { HookName } from "./hooks.ts";
import { DATA_DIRS, DATA_MOUNT, DOCKER_ETC, FIRST_IMAGE } from "./paths.ts";
import type { ServiceId } from "./services.ts";
import type { MountSpec, Owner } from "./system.ts";

/** What can be done; `tasks.ts` has one executor for each kind. Doing one again when it is done changes nothing. */
export type Task =
  | { kind: "mount"; mounts: readonly MountSpec[] }
  | { kind: "share-mounts" }
  | { kind: "join-control-group"; parent: string; name: string }
  | { kind: "make-directories"; directories: readonly { path: string; mode: number; owner?: Owner }[] }
  | { kind: "link"; links: readonly { path: string; target: string }[] }
  | { kind: "await-host" }
  | { kind: "open-data-disk" }
  | { kind: "bind-data"; directories: readonly string[] }
  | { kind: "move-log" }
  | { kind: "set-hostname" }
  | { kind: "keep-hostname" }
  | { kind: "trust-certificates" }
  | { kind: "run-hook"; name: HookName }
  | { kind: "launch-hook"; name: HookName }
  | { kind: "set-up-network" }
  | { kind: "establish-identity" }
  | { kind: "choose-engine-settings" }
  | { kind: "start-containerd" }
  | { kind: "open-ports" }
  | { kind: "await-containers-folders" }
  | { kind: "start-engine" }
  | { kind: "load-image"; name: string; pieces: readonly string[] }
  | { kind: "announce-ready" }
  | { kind: "grow-data-disk" }
  | { kind: "start-swap" }
  | { kind: "start-ssh" }
  | { kind: "mount-folders" }
  | { kind: "unmount-folders" }
  | { kind: "stop-service"; service: ServiceId; limitMs: number }
  | { kind: "stop-engine"; limitMs: number }
  | { kind: "end-processes"; graceMs: number }
  | { kind: "end-disk-swap" }
  | { kind: "unmount-all" };

export interface Phase<Name extends string = string> {
  name: Name;
  /** Starts when these have ended, well or `degraded`. */
  after: readonly NoInfer<Name>[];
  /** Done one after the other; phases that do not wait for each other run side by side. */
  tasks: readonly Task[];
  limitMs: number;
  /** `abort` ends the plan: what runs is cancelled, the machine goes to rescue. `degrade` reports it and goes on. */
  onFailure: "abort" | "degrade";
  /** For whoever reads that it failed. */
  hint: string;
}

const user: Owner = { uid: 1000, gid: 50 };
export const plan = <Name extends string>(phases: readonly Phase<Name>[]): readonly Phase<Name>[] => phases;
const tmpfs = (target: string, options: string): MountSpec => ({
  source: "tmpfs",
  target,
  fstype: "tmpfs",
  options: `nosuid,nodev,${options}`,
});
const pseudo = (fstype: string, target: string, options = "nosuid,nodev,noexec"): MountSpec => ({
  source: fstype,
  target,
  fstype,
  options,
});

/** The root is read-only: this makes the places that are not. The initrd has mounted the first three already. */
export const EARLY = plan([
  {
    name: "file-systems",
    after: [],
    tasks: [
      {
        kind: "mount",
        mounts: [
          pseudo("proc", "/proc"),
          pseudo("sysfs", "/sys"),
          pseudo("securityfs", "/sys/kernel/security"),
          pseudo("devtmpfs", "/dev", "nosuid,mode=755"),
          pseudo("devpts", "/dev/pts", "nosuid,noexec,gid=5,mode=620,ptmxmode=666"),
          tmpfs("/dev/shm", "mode=1777"),
          pseudo("mqueue", "/dev/mqueue"),
          pseudo("cgroup2", "/sys/fs/cgroup", "nosuid,nodev,noexec,nsdelegate"),
          tmpfs("/run", "mode=755"),
          tmpfs("/tmp", "mode=1777"),
          tmpfs("/var", "mode=755"),
          tmpfs("/home", "mode=755"),
          tmpfs("/root", "mode=700"),
        ],
      },
      {
        kind: "make-directories",
        directories: [
          { path: "/run/guest-init", mode: 0o755 },
          { path: "/run/containerd", mode: 0o711 },
          { path: "/run/etc/upper", mode: 0o755 },
          { path: "/run/etc/work", mode: 0o755 },
          { path: "/run/lock", mode: 0o1777 },
          { path: "/var/cache", mode: 0o755 },
          { path: "/var/lib", mode: 0o755 },
          { path: "/var/log", mode: 0o755 },
          { path: "/var/tmp", mode: 0o1777 },
          { path: "/home/docker", mode: 0o755, owner: user },
        ],
      },
      {
        kind: "mount",
        mounts: [
          {
            source: "overlay",
            target: "/etc",
            fstype: "overlay",
            options: "lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work",
          },
        ],
      },
      {
        kind: "link",
        links: [
          { path: "/var/run", target: "/run" },
          { path: "/var/lock", target: "/run/lock" },
          { path: "/dev/fd", target: "/proc/self/fd" },
          { path: "/dev/stdin", target: "/proc/self/fd/0" },
          { path: "/dev/stdout", target: "/proc/self/fd/1" },
          { path: "/dev/stderr", target: "/proc/self/fd/2" },
        ],
      },
      { kind: "share-mounts" },
      { kind: "join-control-group", parent: "/sys/fs/cgroup", name: "boot2docker" },
    ],
    limitMs: 10_000,
    onFailure: "abort",
    hint: "The kernel or the image is damaged: take another image.",
  },
]);

export const BOOT = plan([
  {
    name: "host",
    after: [],
    tasks: [{ kind: "await-host" }, { kind: "set-hostname" }],
    limitMs: 20_000,
    onFailure: "degrade",
    hint: "Is the machine's agent running on the host? `boot2docker up` starts it.",
  },
  {
    name: "data-disk",
    after: [],
    tasks: [{ kind: "open-data-disk" }, { kind: "bind-data", directories: DATA_DIRS }, { kind: "move-log" }],
    // A large disk that was not unmounted is checked, and to end that in its middle helps nobody.
    limitMs: 4 * 3_600_000,
    onFailure: "abort",
    hint: "`boot2docker logs guest-init` says more. Look at the disk on the console, or give the machine another one.",
  },
  {
    name: "network",
    after: ["host"],
    tasks: [{ kind: "set-up-network" }],
    limitMs: 20_000,
    onFailure: "degrade",
    hint: "Look at the machine's network settings.",
  },
  {
    name: "settings",
    after: ["data-disk", "host"],
    tasks: [
      { kind: "make-directories", directories: [{ path: DOCKER_ETC, mode: 0o755 }] },
      { kind: "link", links: [{ path: "/etc/docker", target: DOCKER_ETC }] },
      { kind: "trust-certificates" },
    ],
    limitMs: 10_000,
    onFailure: "degrade",
    hint: "Look at certs in /var/lib/boot2docker.",
  },
  {
    name: "hostname",
    after: ["data-disk", "host"],
    tasks: [{ kind: "keep-hostname" }],
    limitMs: 10_000,
    onFailure: "degrade",
    hint: "Look at etc/hostname in /var/lib/boot2docker.",
  },
  {
    name: "bootsync",
    after: ["settings", "hostname", "network"],
    tasks: [{ kind: "run-hook", name: "bootsync" }],
    limitMs: 60_000,
    onFailure: "degrade",
    hint: "The engine does not wait for it any longer. What it said is in /var/lib/boot2docker/log/bootsync.log.",
  },
  {
    // Behind bootsync.sh, which may write the files that they come from.
    name: "engine-settings",
    after: ["bootsync"],
    tasks: [{ kind: "choose-engine-settings" }],
    limitMs: 20_000,
    onFailure: "degrade",
    hint: "Correct them where they are named, and restart the machine: docs/engine.md.",
  },
  {
    name: "containerd",
    after: ["data-disk"],
    tasks: [{ kind: "start-containerd" }],
    limitMs: 10_000,
    onFailure: "degrade",
    hint: "`boot2docker logs containerd` says more.",
  },
  {
    name: "identity",
    after: ["data-disk", "host"],
    tasks: [{ kind: "establish-identity" }],
    limitMs: 15_000,
    onFailure: "degrade",
    hint: "Without a certificate the engine answers inside the machine only. `boot2docker up` issues one.",
  },
  {
    name: "ports",
    after: ["host"],
    tasks: [{ kind: "open-ports" }],
    limitMs: 10_000,
    onFailure: "degrade",
    hint: "Ports that containers publish are not answered on the host. `boot2docker logs guest-init` says more.",
  },
  {
    name: "ssh",
    after: ["data-disk", "hostname", "network"],
    tasks: [{ kind: "start-ssh" }],
    limitMs: 15_000,
    onFailure: "degrade",
    hint: "`boot2docker logs sshd` says more.",
  },
  {
    // Beside the engine, whose start takes longer: it waits only where a container that it starts has one of them.
    name: "folders",
    after: ["ssh"],
    tasks: [{ kind: "mount-folders" }],
    limitMs: 30_000,
    onFailure: "degrade",
    hint: "`boot2docker mount` tells which there are; `boot2docker logs agent` may say more.",
  },
  {
    name: "engine",
    after: ["containerd", "identity", "network", "ports", "engine-settings"],
    tasks: [{ kind: "await-containers-folders" }, { kind: "start-engine" }],
    limitMs: 180_000,
    onFailure: "degrade",
    hint: "`boot2docker logs dockerd` says more.",
  },
  {
    name: "first-image",
    after: ["engine"],
    tasks: [{ kind: "load-image", name: "boot2docker/busybox", pieces: FIRST_IMAGE }],
    limitMs: 60_000,
    onFailure: "degrade",
    hint: "The engine works; `docker load` brings images in by hand.",
  },
  {
    name: "ready",
    after: ["first-image", "folders"],
    tasks: [{ kind: "announce-ready" }],
    limitMs: 1_000,
    onFailure: "degrade",
    hint: "",
  },
  {
    name: "bootlocal",
    after: ["ready"],
    tasks: [{ kind: "launch-hook", name: "bootlocal" }],
    limitMs: 5_000,
    onFailure: "degrade",
    hint: "What it said is in /var/lib/boot2docker/log/bootlocal.log.",
  },
  {
    name: "data-disk-growth",
    after: ["ready"],
    tasks: [{ kind: "grow-data-disk" }],
    limitMs: 600_000,
    onFailure: "degrade",
    hint: "The disk has its old size. `boot2docker disk check` may help, and then `boot2docker restart`.",
  },
  {
    name: "swap",
    after: ["data-disk-growth"],
    tasks: [{ kind: "start-swap" }],
    limitMs: 60_000,
    onFailure: "degrade",
    hint: "The machine works, with less memory than it could have.",
  },
]);

/** Where the data disk is mounted; the directories of `bind-data` are below it under their own paths. */
export const bindOf = (directory: string): MountSpec => ({
  source: `${DATA_MOUNT}${directory}`,
  target: directory,
  fstype: "none",
  options: "bind",
});
