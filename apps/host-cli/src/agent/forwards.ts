import type { Reason } from "@boot2docker/protocol";
import type { Forward, Monitor } from "../driver/driver.ts";
import { UserError } from "../errors.ts";
import type { MachinePorts } from "../machine-dir/ports.ts";

/** Where the guest's services listen: engine.ts and services.ts of guest-init. */
const guestDockerPort = 2376;
const guestSshPort = 22;

export function wantedForwards(ports: MachinePorts): Forward[] {
  return [
    { hostPort: ports.dockerPort, guestPort: guestDockerPort },
    { hostPort: ports.sshPort, guestPort: guestSshPort },
  ];
}

export interface ForwardChanges {
  add: Forward[];
  remove: Forward[];
}

/** What is missing, and what is there of an earlier agent and not wanted (any more). */
export function planForwards(wanted: readonly Forward[], present: readonly Forward[]): ForwardChanges {
  const isIn = (list: readonly Forward[]) => (forward: Forward) =>
    list.some(({ hostPort, guestPort }) => hostPort === forward.hostPort && guestPort === forward.guestPort);
  return {
    add: wanted.filter((forward) => !isIn(present)(forward)),
    remove: present.filter((forward) => !isIn(wanted)(forward)),
  };
}

/** Makes the VM's forwards the wanted ones and returns why some of them could not be made. */
export async function reconcileForwards(
  monitor: Monitor,
  wanted: readonly Forward[],
  signal: AbortSignal,
): Promise<Reason[]> {
  const { add, remove } = planForwards(wanted, await monitor.forwards(signal));
  for (const forward of remove) await monitor.removeForward(forward, signal);
  const refused: Reason[] = [];
  for (const forward of add) {
    try {
      await monitor.addForward(forward, signal);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused.push({
        code: error.code,
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
  return refused;
}
