import { expect, test } from "vitest";
import { errorCodes } from "./errors.ts";
import { limits } from "./limits.ts";
import { channelPair } from "./testing.ts";
import { guestHandlers, never, openGuest, openHost, readyState } from "./testing/ends.ts";
import { helloMessage, latin1Bytes, rawPeer, turn } from "./testing/raw-peer.ts";

const interval = limits.helloIntervalMs;

test("a guest that started long before the host is found", async () => {
  const pair = channelPair();
  const guest = openGuest(pair.guest);
  for (let intervals = 0; intervals < 5; intervals += 1) {
    await turn();
    guest.clock.advance(interval);
  }
  const host = openHost(pair.host);
  const [inGuest, inHost] = await Promise.all([guest.connected, host.connected]);
  expect([inGuest.peer.role, inHost.peer.role]).toEqual(["host", "guest"]);
  expect([inGuest.protocolVersion, inHost.protocolVersion]).toEqual([1, 1]);
});

test("a host that started long before the guest is found", async () => {
  const pair = channelPair();
  const host = openHost(pair.host);
  await turn();
  host.clock.advance(interval);
  await turn();
  const guest = openGuest(pair.guest);
  await Promise.all([guest.connected, host.connected]);
});

test("the guest speaks first, and the host does when it hears nothing for one interval", async () => {
  const silentGuest = channelPair();
  const peer = rawPeer(silentGuest.guest);
  const host = openHost(silentGuest.host);
  await turn();
  expect(peer.received).toEqual([]);
  host.clock.advance(interval);
  await turn();
  expect(peer.received).toMatchObject([{ method: "hello", params: { role: "host", nonce: "h-1" } }]);

  const silentHost = channelPair();
  const other = rawPeer(silentHost.host);
  openGuest(silentHost.guest);
  await turn();
  expect(other.received).toMatchObject([{ method: "hello", params: { role: "guest", nonce: "g-1" } }]);
});

test("a hello is repeated each interval until the session exists, then no clock is left running", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  const guest = openGuest(pair.guest);
  for (let intervals = 0; intervals < 3; intervals += 1) {
    await turn();
    guest.clock.advance(interval);
  }
  await turn();
  expect(peer.received).toHaveLength(4);
  await peer.greet({ role: "host", nonce: "peer" });
  await guest.connected;
  guest.clock.advance(10 * interval);
  await turn();
  expect(peer.received).toEqual([]);
  expect(guest.clock.waiting).toBe(0);
});

test("each hello reads the clock anew", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  let reads = 0;
  const hello = {
    role: "guest" as const,
    protocol: { min: 1, max: 1 },
    version: "1.0.0",
    features: [],
    get now() {
      reads += 1;
      return `2026-01-01T00:00:0${reads}Z`;
    },
  };
  const guest = openGuest(pair.guest, { hello });
  await turn();
  guest.clock.advance(interval);
  await turn();
  expect(peer.received).toMatchObject([
    { params: { now: "2026-01-01T00:00:01Z" } },
    { params: { now: "2026-01-01T00:00:02Z" } },
  ]);
});

test("what an older session left in the carrier is dropped, up to the middle of a line", async () => {
  const pair = channelPair();
  const calls: string[] = [];
  const shutdown = async (): Promise<Record<string, never>> => {
    calls.push("shutdown");
    return {};
  };
  const stale = [
    '"x":1}}\n',
    '{"jsonrpc":"2.0","id":7,"method":"shutdown","params":{"mode":"poweroff"}}\n',
    '{"jsonrpc":"2.0","id":1,"result":{}}\n',
    `${JSON.stringify(helloMessage({ role: "host", nonce: "older", echo: "g-0", established: true }))}\n`,
    '{"jsonrpc":"2.0","id":8,"method":"shutd',
  ].join("");
  pair.inject("guest", latin1Bytes(stale));
  const guest = openGuest(pair.guest, { handlers: { ...guestHandlers, shutdown } });
  const host = openHost(pair.host);
  const [inGuest, inHost] = await Promise.all([guest.connected, host.connected]);
  expect(inGuest.peer.nonce).toBe("h-1");
  expect(await inHost.call("state.get", {}, never)).toEqual(readyState);
  expect(calls).toEqual([]);
  expect(guest.problems.map(({ kind }) => kind)).toEqual(["frame", "stale-message", "stale-message", "frame"]);
});

test("noise between messages is reported and costs nothing else", async () => {
  const pair = channelPair();
  const [guest, host] = [openGuest(pair.guest), openHost(pair.host)];
  const inHost = await host.connected;
  for (const noise of [
    "\n\n",
    "noise\n",
    "\xc3\x28\n",
    "[1,2]\n",
    "\x00\x01\xff",
    '{"jsonrpc":"2.0","method":"hello"}\n',
  ]) {
    pair.inject("guest", latin1Bytes(noise));
    expect(await inHost.call("state.get", {}, never)).toEqual(readyState);
  }
  expect(guest.problems).toMatchObject([
    { kind: "frame", problem: { kind: "invalid-json" } },
    { kind: "frame", problem: { kind: "invalid-utf8" } },
    { kind: "invalid-message" },
    { kind: "frame", problem: { kind: "interrupted" } },
    { kind: "invalid-message", problems: expect.arrayContaining(["nonce: expected string"]) as unknown },
  ]);
});

test("a peer that started anew on the same carrier ends the session and its calls", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.guest);
  const host = openHost(pair.host);
  await turn();
  await peer.greet({ nonce: "first" });
  const connection = await host.connected;
  const pending = expect(connection.call("state.get", {}, never)).rejects.toMatchObject({
    code: errorCodes.closed,
    message: "state.get: the guest started anew: its hello is of another session",
  });
  await peer.send(helloMessage({ nonce: "second" }));
  await pending;
  expect((await connection.closed).message).toContain("the guest started anew");
});

test("two that speak no common version both say so, with both ranges", async () => {
  const pair = channelPair();
  const say = { version: "1.0.0", now: "2026-01-01T00:00:00Z", features: [] };
  const guest = openGuest(pair.guest, { hello: { ...say, role: "guest", protocol: { min: 1, max: 2 } } });
  const host = openHost(pair.host, { hello: { ...say, version: "9.0.0", role: "host", protocol: { min: 3, max: 3 } } });
  await expect(guest.connected).rejects.toMatchObject({
    code: errorCodes.noCommonVersion,
    message: "no common protocol version: this guest (version 1.0.0) speaks 1 to 2, the host (version 9.0.0) speaks 3",
    data: { own: { min: 1, max: 2 }, peer: { min: 3, max: 3 } },
  });
  await expect(host.connected).rejects.toMatchObject({ code: errorCodes.noCommonVersion });
});

test("the highest common version is taken", async () => {
  const pair = channelPair();
  const say = { version: "1.0.0", now: "2026-01-01T00:00:00Z", features: [] };
  const guest = openGuest(pair.guest, { hello: { ...say, role: "guest", protocol: { min: 1, max: 4 } } });
  const host = openHost(pair.host, { hello: { ...say, role: "host", protocol: { min: 2, max: 3 } } });
  expect((await guest.connected).protocolVersion).toBe(3);
  expect((await host.connected).protocolVersion).toBe(3);
});

test("a peer of another role is refused by name", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.guest);
  const host = openHost(pair.host);
  await turn();
  const refused = expect(host.connected).rejects.toMatchObject({
    code: errorCodes.handshake,
    message: "expected a guest on this channel, a client answered",
  });
  await peer.greet({ nonce: "peer", role: "client" });
  await refused;
});

test.each([
  ["no host said hello", false],
  ["the host did not hear us", true],
])("who gives up waiting is told: %s", async (heard, hasPeer) => {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  const controller = new AbortController();
  const guest = openGuest(pair.guest, {}, controller.signal);
  if (hasPeer) await peer.send(helloMessage({ role: "host", nonce: "peer" }));
  controller.abort(new Error("too late"));
  await expect(guest.connected).rejects.toMatchObject({
    code: errorCodes.cancelled,
    message: `no session: ${heard}: too late`,
  });
  await expect(pair.host.write(new Uint8Array(1))).rejects.toThrow("closed");
  expect(guest.clock.waiting).toBe(0);
});

test("a signal that aborted before the start sends nothing", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  const guest = openGuest(pair.guest, {}, AbortSignal.abort(new Error("too late")));
  await expect(guest.connected).rejects.toThrow("too late");
  await turn();
  expect(peer.received).toEqual([]);
});

test("the signal of connect bounds the handshake only", async () => {
  const pair = channelPair();
  const controller = new AbortController();
  const [guest, host] = [openGuest(pair.guest), openHost(pair.host, {}, controller.signal)];
  const inHost = await host.connected;
  await guest.connected;
  controller.abort();
  expect(await inHost.call("state.get", {}, never)).toEqual(readyState);
});

test("a channel that ends or fails before the session rejects the connect with the reason", async () => {
  const ended = channelPair();
  const first = openGuest(ended.guest);
  await turn();
  await ended.host.close();
  await expect(first.connected).rejects.toThrow("the channel ended");

  const failed = channelPair();
  const second = openGuest(failed.guest);
  await turn();
  failed.fail(new Error("EIO"));
  await expect(second.connected).rejects.toThrow("the channel failed: EIO");
});

test("closing ends both sides, once", async () => {
  const pair = channelPair();
  const [guest, host] = [openGuest(pair.guest), openHost(pair.host)];
  const [inGuest, inHost] = await Promise.all([guest.connected, host.connected]);
  {
    await using closing = inHost;
    expect(closing.peer.nonce).toBe("g-1");
  }
  await inHost.close();
  expect((await inHost.closed).message).toContain("closed on this side");
  expect((await inGuest.closed).message).toContain("the channel ended");
  await expect(inHost.notify("event" as never, {} as never)).rejects.toThrow("closed on this side");
});

test("a channel that cannot be closed is reported and ends the session all the same", async () => {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  const close = async (): Promise<void> => {
    await pair.guest.close();
    throw new Error("EBADF");
  };
  const guest = openGuest({ ...pair.guest, close });
  await turn();
  await peer.greet({ role: "host", nonce: "peer" });
  const connection = await guest.connected;
  await connection.close();
  expect(guest.problems).toMatchObject([{ kind: "close-failed", cause: { message: "EBADF" } }]);
});

test("a connect that fails rejects when the channel is closed, not before: a port cannot be opened twice", async () => {
  const pair = channelPair();
  const history: string[] = [];
  const closing = Promise.withResolvers<undefined>();
  const close = async (): Promise<void> => {
    await closing.promise;
    history.push("closed");
    await pair.guest.close();
  };
  const guest = openGuest({ ...pair.guest, close }, {}, AbortSignal.abort());
  const rejected = guest.connected.catch(() => history.push("rejected"));
  await turn();
  closing.resolve(undefined);
  await rejected;
  expect(history).toEqual(["closed", "rejected"]);
});
