import type { Channel } from "../channel.ts";
import type { GuestState } from "../messages.ts";
import { guestMethods, hostMethods } from "../messages.ts";
import type { Handlers } from "../methods.ts";
import type { SessionProblem } from "../problems.ts";
import { connectGuest, connectHost } from "../rpc.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";

export const never = new AbortController().signal;

export const readyState: GuestState = {
  sequence: 1,
  lifecycle: { name: "ready" },
  uptimeMs: 1500,
  services: [{ name: "dockerd", state: "ready", pid: 321, restarts: 0 }],
  sshHostKeys: [],
  addresses: ["10.0.2.15"],
};

export const guestHandlers: Handlers<typeof guestMethods> = {
  "state.get": async () => readyState,
  "events.since": async () => ({ events: [], lost: 0 }),
  "logs.read": async ({ offset }) => ({ text: "", nextOffset: Math.max(0, offset) }),
  "config.apply": async () => ({}),
  "folders.touch": async () => ({}),
  shutdown: async () => ({}),
  "clock.set": async () => ({ offsetMs: 0 }),
  "certificate.renew": async () => ({}),
  "disk.grow": async () => ({ sizeBytes: 1 }),
  "disk.trim": async () => ({ trimmedBytes: 1 }),
};

const hostHandlers: Handlers<typeof hostMethods> = {
  "config.get": async () => ({
    hostname: "boot2docker",
    dataDisk: { serial: "b2d-data", formatIfBlank: true },
    network: { mode: "dhcp" },
    authorizedKeys: [],
  }),
  "certificate.issue": async ({ publicKeyPem }) => ({ certificatePem: `for ${publicKeyPem}`, caPem: "ca" }),
  "folders.connect": async () => ({}),
  "names.resolve": async () => ({ addresses: [] }),
  "ports.publish": async () => ({ refused: [] }),
};

const hello = { protocol: { min: 1, max: 1 }, version: "1.0.0", now: "2026-01-01T00:00:00Z", features: [] };

/** What a test may give in place of the usual. */
type Changes<F extends (options: never, signal: AbortSignal) => unknown> = Partial<Parameters<F>[0]>;

/** A guest's end with its clock and what it had to survive. */
export function openGuest(channel: Channel, changes: Changes<typeof connectGuest> = {}, signal = never) {
  const { clock, problems, onProblem } = observer("g");
  const options = { channel, clock, onProblem, handlers: guestHandlers, hello: { ...hello, role: "guest" as const } };
  return { clock, problems, connected: connectGuest({ ...options, ...changes }, signal) };
}

export function openHost(channel: Channel, changes: Changes<typeof connectHost> = {}, signal = never) {
  const { clock, problems, onProblem } = observer("h");
  const options = { channel, clock, onProblem, handlers: hostHandlers, hello: { ...hello, role: "host" as const } };
  return { clock, problems, connected: connectHost({ ...options, ...changes }, signal) };
}

function observer(prefix: string): {
  clock: ManualClock;
  problems: SessionProblem[];
  onProblem: (problem: SessionProblem) => void;
} {
  const problems: SessionProblem[] = [];
  return { clock: manualClock(prefix), problems, onProblem: (problem) => void problems.push(problem) };
}
