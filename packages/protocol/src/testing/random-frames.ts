import { encodeFrame } from "../framing.ts";
import { helloMessage } from "./raw-peer.ts";
import type { SeededRandom } from "./seeded-random.ts";

const encoder = new TextEncoder();

/** Bytes that mean something to a decoder or a parser, and digits and letters that keep a frame sound. */
const damaging = Uint8Array.of(...encoder.encode('\n{}[]":,\\0123456789-eE.abcdtfn \u0000é🐳'), 0x80, 0xff);

/**
 * Endless frames that are nearly right: sound ones with growing ids, sound ones damaged, and plain noise. One in 16 is
 * damaged beyond its line end, so frames also run into each other.
 */
export function randomFrames(random: SeededRandom, greeting: { nonce: string; echo: string }): () => Uint8Array {
  let id = 0;
  const sound = (): Uint8Array => {
    id += 1;
    return encodeFrame(random.pick(shapes)(id, random, greeting), { reset: random.below(64) === 0 });
  };
  return () => {
    const kind = random.below(16);
    if (kind < 9) return sound();
    if (kind < 10) return noise(random);
    const frame = sound();
    for (let damage = 1 + random.below(3); damage > 0; damage -= 1) {
      frame[random.below(frame.length - 1)] = damaging[random.below(damaging.length)] ?? 0;
    }
    return kind === 10 ? frame.subarray(random.below(frame.length), random.below(frame.length)) : frame;
  };
}

function noise(random: SeededRandom): Uint8Array {
  const bytes = Uint8Array.from({ length: random.below(80) }, () => random.below(256));
  return random.below(2) === 0 ? bytes : encoder.encode(`${"[".repeat(random.below(400))}\n`);
}

type Shape = (id: number, random: SeededRandom, greeting: { nonce: string; echo: string }) => object;

const request = (id: number, method: string, params: unknown): object => ({ jsonrpc: "2.0", id, method, params });
const time = "2026-01-01T00:00:00Z";

const shapes: readonly [Shape, ...Shape[]] = [
  (id) => request(id, "state.get", {}),
  (id, random) => request(id, "events.since", { sequence: random.below(9) - 1 }),
  (id, random) => request(id, "logs.read", { service: "dockerd", offset: -random.below(99), maxBytes: 4096 }),
  (id, random) => request(id, "shutdown", { mode: random.pick(["poweroff", "reboot", "halt", null, {}]) }),
  (id) => request(id, "clock.set", { now: time }),
  (id, random) => request(id, random.pick(["", "__proto__", "constructor", "hello", "$/cancel"]), []),
  (id, random) => request(random.pick([0, -1, 1.5, 2 ** 53, id - 1]), "state.get", {}),
  (id, random) => ({ jsonrpc: "2.0", method: "$/cancel", params: { id: id - random.below(9) } }),
  (_id, random) => ({ jsonrpc: "2.0", method: random.pick(["event", "state.changed", "x"]), params: { __proto__: 1 } }),
  (id, random) => ({ jsonrpc: "2.0", id: random.below(id), result: random.pick([null, {}, [], "x"]) }),
  (id, random) => ({ jsonrpc: "2.0", id: random.below(id), error: { code: -random.below(9), message: "no" } }),
  (_id, _random, greeting) => helloMessage({ role: "host", ...greeting }),
  (_id, random) => random.pick<object>([[], {}, [[]], { jsonrpc: "2.0" }]),
];
