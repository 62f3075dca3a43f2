import { setImmediate } from "node:timers/promises";
import type { Channel } from "../channel.ts";
import { createFrameDecoder, encodeFrame } from "../framing.ts";

/** An end of a channel that says exactly what a test tells it to, and remembers what it was told. */
export interface RawPeer {
  /** Messages from the other side so far, oldest first. */
  readonly received: unknown[];
  send(...messages: object[]): Promise<void>;
  /** Says hello as `nonce` until the other side has its session; forgets what it received for that. */
  greet(changes: { nonce: string } & Record<string, unknown>): Promise<void>;
}

export function rawPeer(channel: Channel): RawPeer {
  const received: unknown[] = [];
  void readInto(received, channel);
  const send = async (...messages: object[]): Promise<void> => {
    for (const message of messages) await channel.write(encodeFrame(message));
    await turn();
  };
  return {
    received,
    send,
    greet: async (changes) => {
      await send(helloMessage(changes));
      // What the side under test sends is well-formed, or the greeting fails.
      const answer = received.at(-1) as { params: { nonce: string } };
      await send(helloMessage({ ...changes, echo: answer.params.nonce }));
      received.splice(0);
    },
  };
}

/** A hello of version 1 with what the test changes. */
export function helloMessage(changes: { nonce: string } & Record<string, unknown>): object {
  const params = {
    role: "guest",
    protocol: { min: 1, max: 1 },
    version: "1.0.0",
    now: "2026-01-01T00:00:00Z",
    features: [],
    ...changes,
  };
  return { jsonrpc: "2.0", method: "hello", params };
}

/** Whatever can go on without time passing has gone on. */
export async function turn(): Promise<void> {
  await setImmediate();
}

/** One character for each byte, so that 0xFF and broken UTF-8 can be written. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

async function readInto(received: unknown[], channel: Channel): Promise<void> {
  const decoder = createFrameDecoder();
  for await (const bytes of channel.incoming) received.push(...decoder.push(bytes).map(messageOf));
}

function messageOf(decoded: object): unknown {
  return "message" in decoded ? decoded.message : decoded;
}
