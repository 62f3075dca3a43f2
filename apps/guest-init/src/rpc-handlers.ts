import type { GuestState, guestMethods, Handlers } from "@boot2docker/protocol";
import { stepClock } from "./clock.ts";
import type { Events } from "./events.ts";
import { readLog } from "./log-reader.ts";
import type { PowerMode, System } from "./system.ts";

export interface Served {
  system: System;
  events: Events;
  state: () => Promise<GuestState>;
  requestShutdown: (mode: PowerMode) => void;
}

/** What the host may ask: docs/protocol.md. */
export function serveGuest({ system, events, state, requestShutdown }: Served): Handlers<typeof guestMethods> {
  return {
    "state.get": () => state(),
    "events.since": async ({ sequence }) => events.since(sequence),
    "logs.read": ({ service, offset, maxBytes }, signal) => readLog(service, offset, maxBytes, system, signal),
    shutdown: async ({ mode }) => {
      requestShutdown(mode);
      return {};
    },
    "clock.set": async ({ now }) => ({ offsetMs: stepClock(new Date(now), system.clock) }),
  };
}
