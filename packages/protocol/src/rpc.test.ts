import { expect, test } from "vitest";
import type { GuestEvent } from "./messages.ts";
import { connectAgent, connectClient } from "./rpc.ts";
import { channelPair, type Delivery, manualClock, repeated, splitEveryByte, splitInto } from "./testing.ts";
import { guestHandlers, never, openGuest, openHost, readyState } from "./testing/ends.ts";
import { rawPeer, turn } from "./testing/raw-peer.ts";

const event = (sequence: number): GuestEvent => ({
  sequence,
  at: "2026-01-01T00:00:00Z",
  uptimeMs: sequence,
  name: "phase.started",
  fields: { phase: "network é🐳" },
});

test.each<[carrier: string, deliver: Delivery, times: number]>([
  ["every byte on its own", splitEveryByte, 1],
  ["pieces of 1, 2 and 5 bytes", splitInto([1, 2, 5]), 1],
  ["pieces of 64 KiB", splitInto([65536]), 1],
  ["everything twice", repeated(2), 2],
])("guest and host serve each other over a carrier that delivers %s", async (_carrier, deliver, times) => {
  const pair = channelPair({ deliver });
  const heard: unknown[] = [];
  const guest = openGuest(pair.guest);
  const host = openHost(pair.host, { onNotification: (...notification) => void heard.push(notification) });
  const [inGuest, inHost] = await Promise.all([guest.connected, host.connected]);

  const config = inGuest.call("config.get", {}, never);
  const states = await Promise.all(Array.from({ length: 50 }, () => inHost.call("state.get", {}, never)));
  expect(states).toEqual(Array.from({ length: 50 }, () => readyState));
  expect(await config).toMatchObject({ hostname: "boot2docker" });
  expect(await inGuest.call("certificate.issue", { publicKeyPem: "key" }, never)).toMatchObject({
    certificatePem: "for key",
  });
  await inGuest.notify("event", event(1));
  await inGuest.notify("state.changed", readyState);
  await turn();
  // A notification is a hint: hearing it twice is harmless. A request would not be.
  const events = Array.from({ length: times }, () => ["event", event(1)]);
  const changes = Array.from({ length: times }, () => ["state.changed", readyState]);
  expect(heard).toEqual([...events, ...changes]);
  await inHost.close();
  await inGuest.closed;
});

test("what a guest tells arrives before the answer that it gives later", async () => {
  const pair = channelPair({ deliver: splitInto([3]) });
  const history: string[] = [];
  const guest = openGuest(pair.guest, {
    handlers: {
      ...guestHandlers,
      shutdown: async () => {
        await connection.notify("event", event(1));
        return {};
      },
    },
  });
  const host = openHost(pair.host, { onNotification: (...[name]) => void history.push(name) });
  const [connection, inHost] = await Promise.all([guest.connected, host.connected]);
  await inHost.call("shutdown", { mode: "reboot" }, never);
  history.push("answer");
  expect(history).toEqual(["event", "answer"]);
});

test("notifications that are unknown or do not fit are reported and dropped, a listener that throws too", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.guest);
  const heard: number[] = [];
  const host = openHost(pair.host, {
    onNotification: (name, params) => {
      if (name !== "event") return;
      if (params.sequence === 2) throw new Error("two");
      heard.push(params.sequence);
    },
  });
  await turn();
  await peer.greet({ nonce: "peer" });
  const notify = (method: string, params: unknown): Promise<void> => peer.send({ jsonrpc: "2.0", method, params });
  await notify("event", event(1));
  await notify("weather.changed", {});
  await notify("toString", {});
  await notify("event", { ...event(2), sequence: -2 });
  await notify("event", event(2));
  await notify("event", event(3));
  expect(heard).toEqual([1, 3]);
  expect(host.problems).toMatchObject([
    { kind: "unknown-notification", name: "weather.changed" },
    { kind: "unknown-notification", name: "toString" },
    { kind: "invalid-notification", name: "event", problems: ["sequence: expected at least 0"] },
    { kind: "handler-failed", name: "event", cause: { message: "two" } },
  ]);
});

test("a client asks the host agent, which passes the guest's methods and words through", async () => {
  const hello = { protocol: { min: 1, max: 1 }, version: "1.0.0", now: "2026-01-01T00:00:00Z", features: [] };
  const [carrier, socket] = [channelPair(), channelPair({ deliver: splitEveryByte })];
  const guest = openGuest(carrier.guest, {
    handlers: { ...guestHandlers, shutdown: async () => Promise.reject(new Error("no")) },
  });
  const host = openHost(carrier.host);
  const inHost = await host.connected;
  await guest.connected;
  const agent = connectAgent(
    {
      channel: socket.host,
      clock: manualClock("a"),
      hello: { ...hello, role: "host" },
      handlers: {
        "state.get": (params, signal) => inHost.call("state.get", params, signal),
        "events.since": (params, signal) => inHost.call("events.since", params, signal),
        "logs.read": (params, signal) => inHost.call("logs.read", params, signal),
        "folders.touch": (params, signal) => inHost.call("folders.touch", params, signal),
        "config.apply": (params, signal) => inHost.call("config.apply", params, signal),
        shutdown: (params, signal) => inHost.call("shutdown", params, signal),
        "certificate.renew": (params, signal) => inHost.call("certificate.renew", params, signal),
        "clock.set": (params, signal) => inHost.call("clock.set", params, signal),
        "disk.grow": (params, signal) => inHost.call("disk.grow", params, signal),
        "disk.trim": (params, signal) => inHost.call("disk.trim", params, signal),
        "agent.status": async () => ({ pid: 7, vmPid: 8, guestConnected: true }),
        "ports.list": async () => ({ ports: [] }),
      },
    },
    never,
  );
  const heard: string[] = [];
  const client = await connectClient(
    {
      channel: socket.guest,
      clock: manualClock("c"),
      hello: { ...hello, role: "client" },
      handlers: {},
      onNotification: (...[name]) => void heard.push(name),
    },
    never,
  );
  expect(client.peer.role).toBe("host");
  expect(await client.call("agent.status", {}, never)).toEqual({ pid: 7, vmPid: 8, guestConnected: true });
  expect(await client.call("state.get", {}, never)).toEqual(readyState);
  await expect(client.call("shutdown", { mode: "reboot" }, never)).rejects.toThrow(/^shutdown: no$/);
  await (await agent).notify("state.changed", readyState);
  await turn();
  expect(heard).toEqual(["state.changed"]);
});
