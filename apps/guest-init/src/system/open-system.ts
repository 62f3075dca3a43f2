import type { System } from "../system.ts";
import { openSerialPort } from "../serial-port.ts";
import { clock } from "./clock.ts";
import { files } from "./files.ts";
import { keys } from "./keys.ts";
import { releaseMemory } from "./memory.ts";
import { openMounts } from "./mounts.ts";
import { openNative } from "./native.ts";
import { network } from "./network.ts";
import { openPipes } from "./pipes.ts";
import { powerButton } from "./power-button.ts";
import { openProcesses } from "./processes.ts";

/** The real System. Loads the native calls, so it works as root in the guest only. */
export function openSystem(): System {
  const native = openNative();
  return {
    files: { ...files, touch: native.setModified },
    mounts: openMounts(native),
    processes: openProcesses(clock),
    clock: { ...clock, set: (now) => native.setClock(now.getTime()), slew: native.slewClock },
    keys,
    network,
    pipes: openPipes(native),
    openPort: openSerialPort,
    powerButton,
    releaseMemory,
    power: native.power,
  };
}
