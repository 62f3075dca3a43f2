import { expect, test } from "vitest";
import { parseEnvelope } from "./envelope.ts";
import { guestMethods } from "./messages.ts";
import type { Handlers } from "./methods.ts";
import { validate } from "./problems.ts";
import { channelPair } from "./testing.ts";
import { guestHandlers, openGuest, readyState } from "./testing/ends.ts";
import { randomFrames } from "./testing/random-frames.ts";
import { rawPeer, turn } from "./testing/raw-peer.ts";
import { type SeededRandom, seededRandom } from "./testing/seeded-random.ts";

/** `pnpm fuzz` asks for a million. */
const frameCount = Number(process.env["FUZZ_FRAMES"] ?? 100_000);
const seed = Number(process.env["FUZZ_SEED"] ?? 3);
const framesPerChunk = 250;
const limitMs = 300_000;

test(
  `nothing in ${frameCount} random frames breaks a session but a hello with another nonce`,
  { timeout: limitMs },
  async () => {
    // Most frames are broken: without this, most of the time goes into stacks of errors that are caught.
    Error.stackTraceLimit = 0;
    const random = seededRandom(seed);
    const totals = { frames: 0, handled: 0, answers: 0, sessions: 0 };
    while (totals.frames < frameCount) await runSession(random, totals);
    // The run was worth it only if frames reached every layer.
    expect(totals.handled).toBeGreaterThan(frameCount / 20);
    expect(totals.answers).toBeGreaterThan(totals.handled);
    expect(totals.sessions).toBeGreaterThan(1);
  },
);

interface Totals {
  frames: number;
  handled: number;
  answers: number;
  sessions: number;
}

/** Until a damaged hello ends it, or there were enough frames. */
async function runSession(random: SeededRandom, totals: Totals): Promise<void> {
  totals.sessions += 1;
  const pair = channelPair();
  const peer = rawPeer(pair.host);
  const guest = openGuest(pair.guest, { handlers: checkedHandlers(totals) });
  await turn();
  await peer.greet({ role: "host", nonce: "peer" });
  const connection = await guest.connected;
  let endReason: string | undefined;
  void connection.closed.then((reason) => (endReason = reason.message));

  const nextFrame = randomFrames(random, { nonce: "peer", echo: "g-1" });
  while (endReason === undefined && totals.frames < frameCount) {
    totals.frames += framesPerChunk;
    pair.inject("guest", Buffer.concat(Array.from({ length: framesPerChunk }, nextFrame)));
    await turn();
    const answers = peer.received.splice(0);
    totals.answers += answers.length;
    expect(answers.filter((answer) => parseEnvelope(answer) === undefined)).toEqual([]);
    expect(guest.problems.splice(0).filter(({ kind }) => kind === "handler-failed")).toEqual([]);
  }
  if (endReason !== undefined) {
    expect(endReason).toBe("the host started anew: its hello is of another session");
    return;
  }
  const id = Number.MAX_SAFE_INTEGER;
  // A line end first: the last frame may have been cut.
  pair.inject("guest", Buffer.from("\n"));
  await peer.send({ jsonrpc: "2.0", id, method: "state.get" });
  expect(peer.received).toEqual([{ jsonrpc: "2.0", id, result: readyState }]);
  await connection.close();
}

/** Handlers that make sure that what reaches them fits the table: a throw here is a `handler-failed` problem. */
function checkedHandlers(totals: Totals): Handlers<typeof guestMethods> {
  const check = (method: keyof typeof guestMethods, params: unknown): void => {
    expect(validate(guestMethods[method].params, params)).toEqual({ ok: true, value: params });
    totals.handled += 1;
  };
  return {
    ...guestHandlers,
    "state.get": async (params) => {
      check("state.get", params);
      return readyState;
    },
    "logs.read": async (params) => {
      check("logs.read", params);
      return { text: "", nextOffset: 0 };
    },
    shutdown: async (params) => {
      check("shutdown", params);
      return {};
    },
  };
}
