import type { ServiceState } from "@boot2docker/protocol";

export type ServiceEvent =
  /** It is wanted. */
  | "start"
  /** It is wanted, and a process that an earlier guest-init started runs already. */
  | "adopt"
  | "spawned"
  /** Its readiness probe succeeded. */
  | "answered"
  /** It was ready and answers no more. */
  | "silent"
  /** The process ended, or could not be started. */
  | "exited"
  /** It ended once too often. */
  | "exhausted"
  /** The limit of the state it is in is over: pause before a restart, grace before a kill. */
  | "timeout"
  /** It is not wanted any more. */
  | "stop";

export type ServiceEffect = "spawn" | "probe" | "watch" | "pause" | "terminate" | "kill";

type Transition = readonly [ServiceState, ...ServiceEffect[]];

/** Cannot happen in that state, or changes nothing there. */
const stay = undefined;

/** Every cell is written down: the compiler misses none. */
export const TRANSITIONS: Record<ServiceState, Record<ServiceEvent, Transition | undefined>> = {
  stopped: {
    start: ["starting", "spawn"],
    adopt: ["running", "probe"],
    spawned: stay,
    answered: stay,
    silent: stay,
    exited: stay,
    exhausted: stay,
    timeout: stay,
    stop: stay,
  },
  starting: {
    start: stay,
    adopt: stay,
    spawned: ["running", "probe"],
    answered: stay,
    silent: stay,
    exited: ["backoff", "pause"],
    exhausted: ["failed"],
    timeout: stay,
    stop: ["stopping"],
  },
  running: {
    start: stay,
    adopt: stay,
    spawned: stay,
    answered: ["ready", "watch"],
    silent: stay,
    exited: ["backoff", "pause"],
    exhausted: ["failed"],
    timeout: stay,
    stop: ["stopping", "terminate"],
  },
  ready: {
    start: stay,
    adopt: stay,
    spawned: stay,
    answered: stay,
    silent: ["running", "probe"],
    exited: ["backoff", "pause"],
    exhausted: ["failed"],
    timeout: stay,
    stop: ["stopping", "terminate"],
  },
  backoff: {
    start: stay,
    adopt: stay,
    spawned: stay,
    answered: stay,
    silent: stay,
    exited: stay,
    exhausted: stay,
    timeout: ["starting", "spawn"],
    stop: ["stopped"],
  },
  failed: {
    start: ["starting", "spawn"],
    adopt: stay,
    spawned: stay,
    answered: stay,
    silent: stay,
    exited: stay,
    exhausted: stay,
    timeout: stay,
    stop: ["stopped"],
  },
  stopping: {
    start: stay,
    adopt: stay,
    // It was told to stop while it was being started.
    spawned: ["stopping", "terminate"],
    answered: stay,
    silent: stay,
    exited: ["stopped"],
    exhausted: ["stopped"],
    timeout: ["stopping", "kill"],
    stop: stay,
  },
};

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** Before the restart that follows the n-th failure in a row, n from 1. */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}
