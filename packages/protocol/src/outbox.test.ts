import { expect, test } from "vitest";
import { errorCodes } from "./errors.ts";
import { limits } from "./limits.ts";
import { channelPair } from "./testing.ts";
import { never, openGuest, openHost, readyState } from "./testing/ends.ts";
import { helloMessage, rawPeer, turn } from "./testing/raw-peer.ts";

test("while the carrier takes nothing, one hello waits for it, and it tells the latest state", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  pair.hold("host");
  const guest = openGuest(pair.guest);
  for (let intervals = 0; intervals < 5; intervals += 1) {
    await turn();
    guest.clock.advance(limits.helloIntervalMs);
  }
  await peer.send(helloMessage({ role: "host", nonce: "peer" }));
  pair.release("host");
  await turn();
  // The first was with the carrier already.
  expect(peer.received).toMatchObject([{ params: { nonce: "g-1" } }, { params: { nonce: "g-1", echo: "peer" } }]);
});

test("a write that fails ends the session with its cause", async () => {
  const pair = channelPair();
  const [guest, host] = [openGuest(pair.guest), openHost(pair.host)];
  const inHost = await host.connected;
  await guest.connected;
  const eio = new Error("EIO");
  const broken = { ...pair.host, write: async () => Promise.reject(eio) };
  Object.assign(pair.host, broken);
  await expect(inHost.call("state.get", {}, never)).rejects.toMatchObject({ code: errorCodes.closed });
  expect(await inHost.closed).toMatchObject({ message: "cannot write to the channel: EIO", cause: eio });
});

test("what waits for the carrier is rejected when the session ends", async () => {
  const pair = channelPair();
  const [guest, host] = [openGuest(pair.guest), openHost(pair.host)];
  const inGuest = await guest.connected;
  await host.connected;
  pair.hold("host");
  const taken = inGuest.notify("state.changed", readyState);
  const waiting = expect(inGuest.notify("state.changed", readyState)).rejects.toThrow("closed on this side");
  await inGuest.close();
  await waiting;
  await expect(taken).rejects.toThrow("the channel is closed");
});

test("a peer that reads is sent any amount", async () => {
  const pair = channelPair();
  let heard = 0;
  const guest = openGuest(pair.guest);
  const host = openHost(pair.host, { onNotification: () => void (heard += 1) });
  const inGuest = await guest.connected;
  await host.connected;
  const fields = { text: "x".repeat(limits.frameBytes / 2) };
  const event = { sequence: 1, at: "2026-01-01T00:00:00Z", uptimeMs: 1, name: "much", fields };
  const times = (3 * limits.queuedBytes) / limits.frameBytes;
  for (let time = 0; time < times; time += 1) await inGuest.notify("event", event);
  await turn();
  expect(heard).toBe(times);
});

test("a peer that reads nothing ends the session before it fills the memory", async () => {
  const pair = channelPair();
  const [guest, host] = [openGuest(pair.guest), openHost(pair.host)];
  const inGuest = await guest.connected;
  await host.connected;
  pair.hold("host");
  const fields = { text: "x".repeat(limits.frameBytes / 2) };
  const event = { sequence: 1, at: "2026-01-01T00:00:00Z", uptimeMs: 1, name: "flood", fields };
  const sent = Array.from({ length: 40 }, () => inGuest.notify("event", event));
  await expect(Promise.all(sent)).rejects.toThrow("the peer does not read");
  expect((await inGuest.closed).message).toContain("the peer does not read");
  await Promise.allSettled(sent);
});
