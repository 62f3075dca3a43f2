import type { Forward } from "../driver/driver.ts";
import type { MachinePorts } from "../machine-dir/ports.ts";

/** Where the guest's services listen: engine.ts and services.ts of guest-init. */
const guestDockerPort = 2376;
const guestSshPort = 22;
export const loopback = "127.0.0.1";

export function ownForwards(ports: MachinePorts): Forward[] {
  const own = (hostPort: number, guestPort: number): Forward => ({
    protocol: "tcp",
    hostAddress: loopback,
    hostPort,
    guestPort,
  });
  return [own(ports.dockerPort, guestDockerPort), own(ports.sshPort, guestSshPort)];
}

export interface ForwardChanges {
  add: Forward[];
  remove: Forward[];
}

/**
 * What is missing, and what is there and not wanted. `isAll` says that `wanted` is everything: as long as the guest of a
 * new agent has not said what it publishes, what serves that stays, but where it is in the way.
 */
export function planForwards(wanted: readonly Forward[], present: readonly Forward[], isAll: boolean): ForwardChanges {
  const keys = new Set(wanted.map(keyOf));
  const there = new Set(present.map(keyOf));
  const ends = new Set(wanted.map(hostEndOf));
  return {
    add: wanted.filter((forward) => !there.has(keyOf(forward))),
    remove: present.filter((forward) => !keys.has(keyOf(forward)) && (isAll || ends.has(hostEndOf(forward)))),
  };
}

const hostEndOf = ({ protocol, hostAddress, hostPort }: Forward): string => `${protocol} ${hostAddress} ${hostPort}`;
export const keyOf = (forward: Forward): string => `${hostEndOf(forward)} ${forward.guestPort}`;
