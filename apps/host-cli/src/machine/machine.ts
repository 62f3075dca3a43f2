import type { GuestState } from "@boot2docker/protocol";
import type { ListedPorts } from "../agent/control.ts";
import type { AutostartFacts } from "../autostart/autostart.ts";
import type { ContextFacts } from "../docker-context/docker-context.ts";
import type { UserError } from "../errors.ts";
import type { CertificateDescription } from "../host.ts";
import type { HostFolder, MachineConfig } from "../machine-dir/config-file.ts";
import type { ConfigChange } from "./change-config.ts";

/** Processes of a machine that is on: its VM, and its host agent when that answers. */
interface Running {
  pid: number;
  agent?: { pid: number };
}

/** Observed, never wished: derived from files and live answers each time. */
export type MachineStatus =
  | { state: "absent" }
  | { state: "stopped" }
  /** The VM runs, its guest has not said that it is ready. */
  | ({ state: "starting"; guest?: GuestState } & Running)
  | ({ state: "running"; guest: GuestState } & Running)
  /** The VM runs and Docker may work, but something is wrong: see the guest's reasons. */
  | ({ state: "degraded"; guest: GuestState } & Running)
  | ({ state: "stopping" } & Running)
  /** The VM's process lives, but nothing answers. */
  | ({ state: "unreachable"; detail: string; hint?: string } & Running);

export interface DiskFacts {
  path: string;
  /** To which it can grow. */
  sizeBytes: number;
  /** What it takes of the host's disk now. */
  allocatedBytes: number;
  /** As the guest has it mounted; absent when it does not run. */
  guest?: NonNullable<GuestState["dataDisk"]>;
}

export interface DiskCheck {
  /** Nothing is wrong with it now. */
  isGood: boolean;
  /** e2fsck's own words. */
  said: string;
}

export interface Certificates {
  ca: CertificateDescription;
  client: CertificateDescription;
  /** As the engine shows it to clients; absent when it shows none that the client would take. */
  server?: CertificateDescription;
  /** Why there is none, of a machine that runs. */
  serverProblem?: string;
}

/** A folder of the host that the machine is to have. */
export interface FolderFacts extends HostFolder {
  /** It has it now. */
  isMounted: boolean;
}

/** A setting that a machine which runs has only when it starts again. */
export interface WaitingSetting {
  /** As `boot2docker set` has it. */
  key: "cpus" | "memory" | "inherit";
  /** As the file would have it. */
  running: number | string;
}

export interface PortFacts {
  /** As the guest told it, with what the host makes of it, and the container's name where that is known. */
  published: (ListedPorts[number] & { container?: string })[];
  /** What containers are said to listen on inside, and do not publish. */
  unpublished: { container: string; protocol: string; port: number }[];
}

/** Progress of one named wait or step; a UI draws it, a test records it. */
export interface Progress {
  /** `limitMs` is absent for a step that is not a wait. Returns what ends the row. */
  begin(
    name: string,
    limitMs?: number,
  ): { update(detail: string): void; done(detail?: string): void; fail(detail: string): void };
}

/** One named VM and everything that belongs to it. Each verb is idempotent and takes the machine's lock. */
export interface Machine {
  readonly name: string;
  /** Throws UserError `machine-absent` (exit 3) when there is none. */
  readConfig(): Promise<MachineConfig>;
  status(signal: AbortSignal): Promise<MachineStatus>;
  /**
   * Creates what is missing, starts what is stopped, waits until the engine answers over TLS from this host. Returns why clients do
   * not find it by themselves, where that is so.
   */
  up(progress: Progress, signal: AbortSignal): Promise<UserError | undefined>;
  /** Asks the guest to shut down in order; kills the VM after `timeoutMs` only when `force`. */
  down(options: { timeoutMs: number; force: boolean }, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Ends its VM without a word to the guest. */
  powerOff(progress: Progress, signal: AbortSignal): Promise<void>;
  /** As its reset button does; done when Docker answers again. Throws UserError `machine-not-running` (exit 3). */
  reset(progress: Progress, signal: AbortSignal): Promise<void>;
  readDisk(signal: AbortSignal): Promise<DiskFacts>;
  /**
   * Makes it a machine of what `edit` says of the present one; one that runs has at once what can be had at once. Nothing has changed when
   * it fails, but that a disk which has grown stays so. Throws UserError `settings-while-stopped`, `engine-settings` …
   */
  changeConfig(
    edit: (config: MachineConfig) => MachineConfig,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ConfigChange[]>;
  readWaiting(): Promise<WaitingSetting[]>;
  /** A running guest has the new size at once, another one at its next start. Throws UserError `disk-shrinks` (exit 2). */
  growDisk(sizeBytes: number, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Gives the host back what the guest has deleted; how many bytes. Throws UserError `machine-not-running` (exit 3). */
  trimDisk(progress: Progress, signal: AbortSignal): Promise<number>;
  /** Starts the machine, again if it runs, so that its disk is checked before it is mounted. What the check said. */
  checkDisk(progress: Progress, signal: AbortSignal): Promise<DiskCheck>;
  /** Of the docker client. Throws UserError `docker-config-unreadable`. */
  readContext(): Promise<ContextFacts>;
  /** A docker client that is started here and now goes to this machine. */
  isActive(): Promise<boolean>;
  /** Makes or repairs it, and with `isCurrent` has clients use it. Throws UserError `context-foreign`. */
  ensureContext(options: { isCurrent: boolean }): Promise<void>;
  /** What is not this machine's own stays. */
  forgetContext(): Promise<void>;
  readAutostart(signal: AbortSignal): Promise<AutostartFacts>;
  /** Starts nothing now. Throws UserError `autostart-foreign`, `autostart-unavailable`. */
  enableAutostart(signal: AbortSignal): Promise<AutostartFacts>;
  /** Also of a machine that is gone and has left it. What is not this machine's own stays. */
  disableAutostart(signal: AbortSignal): Promise<AutostartFacts>;
  /** Throws UserError `guest-not-connected` when it runs and can't be asked. */
  readFolders(signal: AbortSignal): Promise<FolderFacts[]>;
  /** A machine that runs has it at once. Throws UserError `folder-absent`, `folder-not-mounted`. */
  mountFolder(folder: HostFolder, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Throws UserError `folder-not-shared`, and `folder-in-use` unless `isForced`. */
  unmountFolder(path: string, isForced: boolean, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Throws UserError `guest-not-connected`. The machine must run. */
  readPorts(signal: AbortSignal): Promise<PortFacts>;
  readCertificates(signal: AbortSignal): Promise<Certificates>;
  /** Makes client and server certificate anew; with `isCaToo` the CA of all machines before them. Containers go on. */
  renewCertificates(options: { isCaToo: boolean }, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Stops it and deletes all its files, the data disk too. */
  remove(progress: Progress, signal: AbortSignal): Promise<void>;
}
