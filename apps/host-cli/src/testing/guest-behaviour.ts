import type { GuestEvent, Lifecycle } from "@boot2docker/protocol";

/** Of the guest in a FakeVm, and of its QEMU. */
export interface GuestBehaviour {
  /** Never opens its port. */
  isSilent?: boolean;
  /** What it says instead of `ready`. */
  lifecycle?: Lifecycle;
  /** A key of daemon.json that its dockerd does not take. */
  unusable?: string;
  events?: GuestEvent[];
  ignoresShutdown?: boolean;
  /** How long QEMU takes to quit when it is told to. */
  quitMs?: number;
  /** Openings of the channel that it does not notice at first. */
  deafTo?: number;
  /** How long it takes to notice one. */
  helloMs?: number;
  /** A folder that it does not get mounted. */
  unmountable?: string;
  /** QEMU's own state, for QMP. */
  runState?: string;
  /** QEMU ends at once and says this. */
  startError?: string;
}
