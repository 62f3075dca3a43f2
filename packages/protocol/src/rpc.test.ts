import { expect, test } from "vitest";
import { connectGuest, connectHost } from "./rpc.ts";
import { channelPair, manualClock } from "./testing.ts";
import type { GuestState } from "./messages.ts";

const state: GuestState = {
  sequence: 1,
  lifecycle: { name: "ready" },
  uptimeMs: 1,
  services: [],
  sshHostKeys: [],
  addresses: [],
};
const never = new AbortController().signal;
const base = { protocol: { min: 1, max: 1 }, version: "1.0.0", now: "2026-01-01T00:00:00Z", features: [] };

test("smoke", async () => {
  const pair = channelPair();
  const [host, guest] = await Promise.all([
    connectHost(
      {
        channel: pair.host,
        clock: manualClock("h"),
        hello: { ...base, role: "host" },
        handlers: {
          "config.get": async () => {
            throw new Error("no");
          },
          "certificate.issue": async () => {
            throw new Error("no");
          },
        },
        onNotification: (name, params) => {
          if (name === "event") console.log(params.sequence);
        },
        onProblem: (p) => console.log(p),
      },
      never,
    ),
    connectGuest(
      {
        channel: pair.guest,
        clock: manualClock("g"),
        hello: { ...base, role: "guest" },
        handlers: {
          "state.get": async () => state,
          "events.since": async () => ({ events: [], lost: 0 }),
          "logs.read": async () => ({ text: "", nextOffset: 0 }),
          shutdown: async () => ({}),
          "clock.set": async () => ({ offsetMs: 0 }),
        },
      },
      never,
    ),
  ]);
  expect(await host.call("state.get", {}, never)).toEqual(state);
  await expect(guest.call("config.get", {}, never)).rejects.toThrow("config.get: no");
  await guest.notify("event", { sequence: 1, at: "2026-01-01T00:00:00Z", uptimeMs: 1, name: "x", fields: {} });
  await host.close();
  expect((await guest.closed).message).toContain("ended");
});
