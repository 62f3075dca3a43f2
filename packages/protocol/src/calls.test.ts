import { expect, test } from "vitest";
import { errorCodes, RpcError } from "./errors.ts";
import { limits } from "./limits.ts";
import { channelPair } from "./testing.ts";
import { never, openHost, readyState } from "./testing/ends.ts";
import { type RawPeer, rawPeer, turn } from "./testing/raw-peer.ts";

/** A host's connection, and a guest that answers what the test says. */
async function hostWithRawGuest() {
  const pair = channelPair();
  const peer: RawPeer = rawPeer(pair.guest);
  const host = openHost(pair.host);
  await turn();
  await peer.greet({ nonce: "peer" });
  return { pair, peer, connection: await host.connected };
}

const answer = (id: number, result: unknown): object => ({ jsonrpc: "2.0", id, result });

test("answers find their calls in any order", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const offsets = [1, 2, 3].map((n) => connection.call("clock.set", { now: `2026-01-01T00:00:0${n}Z` }, never));
  await turn();
  await peer.send(answer(3, { offsetMs: 30 }), answer(1, { offsetMs: 10 }), answer(2, { offsetMs: 20 }));
  expect(await Promise.all(offsets)).toEqual([{ offsetMs: 10 }, { offsetMs: 20 }, { offsetMs: 30 }]);
});

test("the peer's error arrives with its code and data, and says which call it was", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const failed = connection.call("state.get", {}, never);
  const named = connection.call("state.get", {}, never);
  await turn();
  const error = { code: 42, message: "no", data: { why: "because" } };
  await Promise.all([
    expect(failed).rejects.toThrow(new RpcError(42, "state.get: no", { data: { why: "because" } })),
    // Passed on by an agent, whose own call had the name put before it.
    expect(named).rejects.toThrow(new RpcError(42, "state.get: no", { data: { why: "because" } })),
    peer.send({ jsonrpc: "2.0", id: 1, error }),
    peer.send({ jsonrpc: "2.0", id: 2, error: { ...error, message: "state.get: no" } }),
  ]);
});

test("a result that does not fit the table is refused with the path of each problem", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const result = { ...readyState, uptimeMs: "long", services: [{ ...readyState.services[0], name: "cron" }] };
  await Promise.all([
    expect(connection.call("state.get", {}, never)).rejects.toMatchObject({
      code: errorCodes.invalidResult,
      data: {
        problems: ["uptimeMs: expected number", 'services.0.name: expected "containerd" or "dockerd" or "sshd"'],
      },
    }),
    peer.send(answer(1, result)),
  ]);
});

test("fields that this version does not know are dropped", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const state = connection.call("state.get", {}, never);
  await turn();
  await peer.send(answer(1, { ...readyState, mood: "good" }));
  expect(await state).toEqual(readyState);
});

test("answers that nobody waits for change nothing", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const offset = connection.call("clock.set", { now: "2026-01-01T00:00:00Z" }, never);
  await turn();
  await peer.send(answer(99, {}), answer(1, { offsetMs: 1 }), answer(1, { offsetMs: 2 }));
  expect(await offset).toEqual({ offsetMs: 1 });
  await peer.send({ jsonrpc: "2.0", id: 1, error: { code: 1, message: "late" } });
  const next = connection.call("clock.set", { now: "2026-01-01T00:00:00Z" }, never);
  await turn();
  await peer.send(answer(2, { offsetMs: 3 }));
  expect(await next).toEqual({ offsetMs: 3 });
});

test("a cancelled call rejects at once with the signal's reason, and the peer is told", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const controller = new AbortController();
  const call = connection.call("state.get", {}, controller.signal);
  await turn();
  const tooLong = new Error("took too long");
  controller.abort(tooLong);
  await expect(call).rejects.toMatchObject({
    code: errorCodes.cancelled,
    message: "state.get: cancelled: took too long",
    cause: tooLong,
  });
  await turn();
  expect(peer.received).toMatchObject([
    { id: 1, method: "state.get" },
    { method: "$/cancel", params: { id: 1 } },
  ]);
  await peer.send(answer(1, readyState));
});

test("a call whose signal aborted before is never sent", async () => {
  const { peer, connection } = await hostWithRawGuest();
  await expect(connection.call("state.get", {}, AbortSignal.abort())).rejects.toMatchObject({
    code: errorCodes.cancelled,
  });
  await turn();
  expect(peer.received).toEqual([]);
});

test("a call cancelled while the carrier is busy is not sent at all", async () => {
  const { pair, peer, connection } = await hostWithRawGuest();
  pair.hold("guest");
  const first = connection.call("clock.set", { now: "2026-01-01T00:00:00Z" }, never);
  const controller = new AbortController();
  const cancelled = connection.call("state.get", {}, controller.signal);
  controller.abort();
  await expect(cancelled).rejects.toMatchObject({ code: errorCodes.cancelled });
  pair.release("guest");
  await turn();
  expect(peer.received).toMatchObject([{ id: 1, method: "clock.set" }]);
  expect(peer.received).toHaveLength(1);
  await peer.send(answer(1, { offsetMs: 0 }));
  await first;
});

test("an abort after the answer tells nobody", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const controller = new AbortController();
  const call = connection.call("state.get", {}, controller.signal);
  await turn();
  await peer.send(answer(1, readyState));
  await call;
  controller.abort();
  await turn();
  expect(peer.received).toHaveLength(1);
});

test("a call on a connection that is over says why it is", async () => {
  const { pair, connection } = await hostWithRawGuest();
  await pair.guest.close();
  await connection.closed;
  await expect(connection.call("state.get", {}, never)).rejects.toMatchObject({
    code: errorCodes.closed,
    message: "state.get: the peer or the carrier is gone: the channel ended",
  });
});

test("a call that is too large for a frame fails alone", async () => {
  const { peer, connection } = await hostWithRawGuest();
  const now = "2".repeat(limits.frameBytes);
  await expect(connection.call("clock.set", { now }, never)).rejects.toMatchObject({ code: errorCodes.frameTooLarge });
  const call = connection.call("state.get", {}, never);
  await turn();
  expect(peer.received).toMatchObject([{ id: 2, method: "state.get" }]);
  await peer.send(answer(2, readyState));
  expect(await call).toEqual(readyState);
});
