import { expect, test } from "vitest";
import { errorCodes, RpcError } from "./errors.ts";
import { limits } from "./limits.ts";
import { guestMethods } from "./messages.ts";
import type { Handlers } from "./methods.ts";
import { channelPair } from "./testing.ts";
import { guestHandlers, openGuest, readyState } from "./testing/ends.ts";
import { rawPeer, turn } from "./testing/raw-peer.ts";

/** A guest that serves `handlers`, and a host that sends what the test says. */
async function guestWithRawHost(handlers: Partial<Handlers<typeof guestMethods>> = {}) {
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  const guest = openGuest(pair.guest, { handlers: { ...guestHandlers, ...handlers } });
  await turn();
  await peer.greet({ role: "host", nonce: "peer" });
  return { pair, peer, problems: guest.problems, connection: await guest.connected };
}

const request = (id: number, method: string, params: unknown = {}): object => ({ jsonrpc: "2.0", id, method, params });
const cancel = (id: unknown): object => ({ jsonrpc: "2.0", method: "$/cancel", params: { id } });
const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as RpcError)));

test.each(["state.put", "constructor", "__proto__", "toString", "hello", ""])(
  "the method %j, which no table has, is answered with an error",
  async (method) => {
    const { peer } = await guestWithRawHost();
    await peer.send(request(1, method), request(2, "state.get"));
    expect(peer.received).toMatchObject([
      { id: 1, error: { code: errorCodes.methodNotFound } },
      { id: 2, result: readyState },
    ]);
  },
);

test("params that do not fit are refused with the path of each problem, and no handler runs", async () => {
  const ran: unknown[] = [];
  const { peer } = await guestWithRawHost({
    "logs.read": async (params) => {
      ran.push(params);
      return { text: "", nextOffset: 0 };
    },
  });
  await peer.send(request(1, "logs.read", { service: "cron", offset: 0.5 }), request(2, "logs.read", null));
  expect(peer.received).toMatchObject([
    {
      id: 1,
      error: {
        code: errorCodes.invalidParams,
        data: { problems: ["service: invalid union", "offset: expected int", "maxBytes: expected number"] },
      },
    },
    { id: 2, error: { code: errorCodes.invalidParams } },
  ]);
  expect(ran).toEqual([]);
});

test("params that this version does not know are dropped before the handler sees them", async () => {
  const seen: unknown[] = [];
  const { peer } = await guestWithRawHost({
    shutdown: async (params) => {
      seen.push(params);
      return {};
    },
  });
  await peer.send(request(1, "shutdown", { mode: "reboot", force: true }));
  expect(seen).toEqual([{ mode: "reboot" }]);
});

test("handlers start in the order of the requests, however large the first is", async () => {
  const history: string[] = [];
  const { peer } = await guestWithRawHost({
    shutdown: async ({ mode }) => {
      history.push(mode);
      return {};
    },
  });
  const padding = "x".repeat(limits.frameBytes / 2);
  await peer.send(
    request(1, "shutdown", { mode: "reboot", padding }),
    request(2, "shutdown", { mode: "poweroff" }),
    request(3, "shutdown", { mode: "reboot" }),
  );
  expect(history).toEqual(["reboot", "poweroff", "reboot"]);
});

test("a slow handler holds up nobody else", async () => {
  const { peer } = await guestWithRawHost({ shutdown: (_params, signal) => forever(signal) });
  await peer.send(request(1, "shutdown", { mode: "reboot" }), request(2, "state.get"));
  expect(peer.received).toMatchObject([{ id: 2 }]);
});

test("a handler's RpcError is passed on whole, any other error as internal with its text", async () => {
  const { peer, problems } = await guestWithRawHost({
    "state.get": async () => Promise.reject(new RpcError(7, "not now", { data: [1] })),
    shutdown: () => {
      throw new Error("EPERM");
    },
  });
  await peer.send(request(1, "state.get"));
  await peer.send(request(2, "shutdown", { mode: "reboot" }));
  expect(peer.received).toEqual([
    { jsonrpc: "2.0", id: 1, error: { code: 7, message: "not now", data: [1] } },
    { jsonrpc: "2.0", id: 2, error: { code: errorCodes.internal, message: "EPERM" } },
  ]);
  expect(problems).toMatchObject([{ kind: "handler-failed", name: "shutdown", cause: { message: "EPERM" } }]);
});

test("a cancelled request aborts its handler and is still answered", async () => {
  const { peer } = await guestWithRawHost({ shutdown: (_params, signal) => forever(signal) });
  await peer.send(request(1, "shutdown", { mode: "reboot" }), request(2, "shutdown", { mode: "reboot" }), cancel(2));
  expect(peer.received).toMatchObject([
    { id: 2, error: { code: errorCodes.cancelled, message: "cancelled by the caller" } },
  ]);
});

test("a cancel in the same bytes as its request finds the handler", async () => {
  const { pair, peer } = await guestWithRawHost({ shutdown: (_params, signal) => forever(signal) });
  const lines = [request(1, "shutdown", { mode: "reboot" }), cancel(1)].map(
    (message) => `${JSON.stringify(message)}\n`,
  );
  await pair.host.write(new TextEncoder().encode(lines.join("")));
  await turn();
  expect(peer.received).toMatchObject([{ id: 1, error: { code: errorCodes.cancelled } }]);
});

test("a handler that finishes in spite of the cancel gives its result", async () => {
  const finish = Promise.withResolvers<Record<string, never>>();
  const { peer } = await guestWithRawHost({ shutdown: () => finish.promise });
  await peer.send(request(1, "shutdown", { mode: "reboot" }), cancel(1));
  finish.resolve({});
  await turn();
  expect(peer.received).toMatchObject([{ id: 1, result: {} }]);
});

test.each([1, 99, "1", null, undefined])("a cancel of %j, which nothing runs for, is nothing", async (id) => {
  const { peer, problems } = await guestWithRawHost();
  await peer.send(request(1, "state.get"), cancel(id), request(2, "state.get"));
  expect(peer.received).toMatchObject([{ id: 1 }, { id: 2, result: readyState }]);
  expect(problems).toEqual([]);
});

test("a request that the carrier repeats runs once", async () => {
  let runs = 0;
  const { peer, problems } = await guestWithRawHost({
    shutdown: async () => {
      runs += 1;
      return {};
    },
  });
  const again = request(5, "shutdown", { mode: "reboot" });
  await peer.send(again, again, request(6, "state.get"), again);
  expect(runs).toBe(1);
  expect(peer.received).toMatchObject([{ id: 5 }, { id: 6 }]);
  expect(problems).toEqual([
    { kind: "repeated-request", id: 5 },
    { kind: "repeated-request", id: 5 },
  ]);
});

test("a damaged id does not shut out the requests that follow", async () => {
  const { peer } = await guestWithRawHost();
  await peer.send(request(1, "state.get"), request(Number.MAX_SAFE_INTEGER, "state.get"), request(2, "state.get"));
  expect(peer.received).toMatchObject([{ id: 1 }, { id: Number.MAX_SAFE_INTEGER }, { id: 2 }]);
});

test("repeats are recognised among the latest requests, in bounded memory", async () => {
  const { peer, problems } = await guestWithRawHost();
  for (let id = 1; id <= limits.rememberedIds + 1; id += 1) await peer.send(request(id, "state.get"));
  await peer.send(request(2, "state.get"));
  expect(problems).toEqual([{ kind: "repeated-request", id: 2 }]);
  await peer.send(request(1, "state.get"));
  expect(peer.received.at(-1)).toMatchObject({ id: 1, result: readyState });
});

test("more requests than the limit are refused until one is answered", async () => {
  const finish = Promise.withResolvers<Record<string, never>>();
  const { peer } = await guestWithRawHost({ shutdown: () => finish.promise });
  const limit = limits.requestsInFlight;
  const many = Array.from({ length: limit }, (_, index) => request(index + 1, "shutdown", { mode: "reboot" }));
  await peer.send(...many, request(limit + 1, "state.get"));
  expect(peer.received).toMatchObject([{ id: limit + 1, error: { code: errorCodes.busy } }]);
  finish.resolve({});
  await turn();
  expect(peer.received).toHaveLength(limit + 1);
  await peer.send(request(limit + 2, "state.get"));
  expect(peer.received.at(-1)).toMatchObject({ id: limit + 2, result: readyState });
});

test("a request counts until the carrier took its answer", async () => {
  const { pair, peer } = await guestWithRawHost();
  pair.hold("host");
  const limit = limits.requestsInFlight;
  await peer.send(...Array.from({ length: limit + 1 }, (_, index) => request(index + 1, "state.get")));
  pair.release("host");
  await turn();
  const refused = expect.objectContaining({ id: limit + 1, error: expect.anything() as unknown }) as unknown;
  expect(peer.received.filter((message) => "error" in Object(message))).toEqual([refused]);
});

test("an answer that is too large for a frame becomes the error that says so", async () => {
  const text = "x".repeat(limits.frameBytes);
  const { peer } = await guestWithRawHost({ "logs.read": async () => ({ text, nextOffset: 1 }) });
  await peer.send(request(1, "logs.read", { service: "kernel", offset: 0, maxBytes: 1 }), request(2, "state.get"));
  expect(peer.received).toMatchObject([{ id: 1, error: { code: errorCodes.frameTooLarge } }, { id: 2 }]);
});

test("the end of the session aborts the handlers that run", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const { peer, pair, connection } = await guestWithRawHost({
    shutdown: (_params, signal) => {
      started.resolve(signal);
      return forever(signal);
    },
  });
  await peer.send(request(1, "shutdown", { mode: "reboot" }));
  const signal = await started.promise;
  expect(signal.aborted).toBe(false);
  await pair.host.close();
  await connection.closed;
  expect(signal.reason).toMatchObject({ code: errorCodes.closed });
});
