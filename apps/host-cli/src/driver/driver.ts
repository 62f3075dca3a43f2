import type { Channel } from "@boot2docker/protocol";
import type { ProcessIdentity } from "../host.ts";

/** What one machine's VM is made of; paths are absolute. */
export interface VmSpec extends VmSize {
  name: string;
  kernelPath: string;
  initrdPath: string;
  rootPath: string;
  dataDiskPath: string;
}

export interface DriverInfo {
  version: string;
  binary: string;
  accelerator: Accelerator;
  /** The faster ones that were tried first, and what came of it. */
  rejected: readonly { accelerator: Accelerator; reason: string }[];
}

export type Accelerator = "kvm" | "hvf" | "whpx" | "tcg";

export type VmFacts = { state: "off" } | { state: "on"; process: ProcessIdentity; size?: VmSize };

/** What a VM was started with. */
export interface VmSize {
  cpus: number;
  memoryMiB: number;
}

/** A port of the host that leads to a port of the guest. */
export interface Forward {
  protocol: "tcp" | "udp";
  /** IPv4. */
  hostAddress: string;
  hostPort: number;
  guestPort: number;
}

/** The VM of one machine. Nothing is kept in memory: each call looks at the system anew. */
export interface Driver {
  /** Throws UserError `qemu-missing` with the package to install. */
  probe(signal: AbortSignal): Promise<DriverInfo>;
  /**
   * Resolves when the VM runs; it outlives this process. Idempotent. Throws UserError `vm-start-failed` with what the
   * VM's program said.
   */
  start(spec: VmSpec, info: DriverInfo, signal: AbortSignal): Promise<void>;
  inspect(): Promise<VmFacts>;
  /** `acpi` presses the power button and does not wait; `kill` resolves when the process is gone. Idempotent. */
  stop(how: "acpi" | "kill", signal: AbortSignal): Promise<void>;
  /** As the reset button does, also for a VM that is paused. */
  reset(signal: AbortSignal): Promise<void>;
  /** The data disk of a VM that runs becomes longer, and its guest is told. */
  growDisk(sizeBytes: number, signal: AbortSignal): Promise<void>;
  /** Removes what a dead VM left behind. Only for who holds the machine's lock. */
  sweep(): Promise<void>;
  /** For the host agent alone: these two take one client each. */
  openChannel(signal: AbortSignal): Promise<Channel>;
  openMonitor(signal: AbortSignal): Promise<Monitor>;
}

/** The agent's hold on a running VM. */
export interface Monitor {
  /** `running`, `paused`, `io-error` … (QMP RunState). */
  runState(signal: AbortSignal): Promise<string>;
  /** Of a VM that QEMU paused: what made it pause is tried again. */
  resume(signal: AbortSignal): Promise<void>;
  /** The VM stands still until `resume` or `reset`. */
  pause(signal: AbortSignal): Promise<void>;
  /** As the reset button does, also for a VM that is paused. */
  reset(signal: AbortSignal): Promise<void>;
  forwards(signal: AbortSignal): Promise<Forward[]>;
  /** False when the host's port cannot be had. */
  addForward(forward: Forward, signal: AbortSignal): Promise<boolean>;
  removeForward(forward: Forward, signal: AbortSignal): Promise<void>;
  /** Calls `listener` when the VM begins to stand still, and when it goes on. */
  onPause(listener: (isPaused: boolean) => void): void;
  /** Resolves when the VM is gone, or `close` was called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}
