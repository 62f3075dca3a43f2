import { type Folder, type GuestState, type guestMethods, type Handlers, RpcError } from "@boot2docker/protocol";
import { correctClock } from "./clock.ts";
import { trimDataDisk } from "./trim-data-disk.ts";
import type { Events } from "./events.ts";
import { growDataDisk } from "./grow-data-disk.ts";
import { readLog } from "./log-reader.ts";
import type { Observations } from "./state.ts";
import type { PowerMode, System } from "./system.ts";
import { touchChanged } from "./touch-changed.ts";

/** A method of the data disk where there is none, or none that may be written. */
const NO_DATA_DISK = 1;

export interface Served {
  system: System;
  events: Events;
  state: () => Promise<GuestState>;
  dataDisk: () => Observations["dataDisk"];
  folders: () => readonly Folder[];
  requestShutdown: (mode: PowerMode) => void;
  /** Resolves when the machine was brought to what the host says now. */
  applyConfig: (signal: AbortSignal) => Promise<void>;
  /** Fails when that was not possible. */
  renewCertificate: (signal: AbortSignal) => Promise<void>;
}

/** What the host may ask: docs/protocol.md. */
export function serveGuest(served: Served): Handlers<typeof guestMethods> {
  const { system, events, state, requestShutdown } = served;
  const dataDisk = (): NonNullable<Observations["dataDisk"]> => {
    const disk = served.dataDisk();
    if (disk === undefined) throw new RpcError(NO_DATA_DISK, "this machine has no data disk");
    if (disk.readOnly) throw new RpcError(NO_DATA_DISK, `${disk.device} is damaged and mounted read-only`);
    return disk;
  };
  return {
    "state.get": () => state(),
    "events.since": async ({ sequence }) => events.since(sequence),
    "logs.read": ({ service, offset, maxBytes }, signal) => readLog(service, offset, maxBytes, system, signal),
    "config.apply": async (_, signal) => {
      await served.applyConfig(signal);
      return {};
    },
    "folders.touch": async ({ changes }, signal) => {
      await touchChanged(changes, served.folders(), system, signal);
      return {};
    },
    shutdown: async ({ mode }) => {
      requestShutdown(mode);
      return {};
    },
    "clock.set": async ({ now }) => ({ offsetMs: correctClock(new Date(now), system.clock) }),
    "certificate.renew": async (_, signal) => {
      await served.renewCertificate(signal);
      return {};
    },
    "disk.grow": async (_, signal) => {
      const { device, mountPoint } = dataDisk();
      const growth = await growDataDisk(device, system, signal);
      if (growth !== undefined) events.emit("data-disk.grown", { ...growth });
      return { sizeBytes: (await system.files.space(mountPoint)).sizeBytes };
    },
    "disk.trim": async (_, signal) => ({ trimmedBytes: await trimDataDisk(dataDisk().mountPoint, system, signal) }),
  };
}
