import type { Network, SystemClock } from "./system.ts";

/** The simple form of the Network Time Protocol: one question, one answer, 48 bytes each (RFC 5905 §14, RFC 4330). */
const PACKET_BYTES = 48;
const CLIENT = 0b00_100_011; // no warning, version 4, mode 3
const SERVER_MODE = 4;
const UNSYNCHRONIZED = 3;
const LAST_STRATUM = 15;
const ORIGINATE = 24;
const RECEIVE = 32;
const TRANSMIT = 40;
const PORT = 123;

const SECONDS_FROM_1900_TO_1970 = 2_208_988_800;
const ERA_SECONDS = 2 ** 32;

/** What a server's clock says now. Fails when it does not answer, or not with a time. `name` is `host` or `host:port`. */
export async function askTimeServer(
  name: string,
  nonce: Uint8Array,
  network: Network,
  clock: Pick<SystemClock, "now">,
  signal: AbortSignal,
): Promise<Date> {
  const [, host = name, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(name) ?? [];
  const target = { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? PORT : Number(port) };
  const question = new Uint8Array(PACKET_BYTES);
  question[0] = CLIENT;
  // Not our time: it comes back as it is, which makes it a good proof that the answer is one.
  question.set(nonce.subarray(0, 8), TRANSMIT);
  const sentMs = clock.now().getTime();
  const answer = await network.exchange(target, question, signal);
  const receivedMs = clock.now().getTime();
  const { receiveMs, transmitMs } = readAnswer(answer, question);
  const offsetMs = (receiveMs - sentMs + (transmitMs - receivedMs)) / 2;
  return new Date(receivedMs + offsetMs);
}

/** Throws for what is no answer to the question, or of a server that does not know the time. */
export function readAnswer(answer: Uint8Array, question: Uint8Array): { receiveMs: number; transmitMs: number } {
  if (answer.byteLength < PACKET_BYTES) throw new Error(`an answer of ${answer.byteLength} bytes`);
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const [flags, stratum] = [view.getUint8(0), view.getUint8(1)];
  const isOurs = question.subarray(TRANSMIT).every((byte, index) => answer[ORIGINATE + index] === byte);
  if ((flags & 0b111) !== SERVER_MODE || !isOurs) throw new Error("an answer to another question");
  if (flags >> 6 === UNSYNCHRONIZED || stratum === 0 || stratum > LAST_STRATUM) {
    throw new Error("the server does not know the time, or does not want to be asked");
  }
  return { receiveMs: readTimestamp(view, RECEIVE), transmitMs: readTimestamp(view, TRANSMIT) };
}

/** Seconds since 1900 with 32 bits of fraction. Those with the first bit clear are of the era that begins in 2036. */
function readTimestamp(view: DataView, offset: number): number {
  const seconds = view.getUint32(offset);
  const era = seconds < ERA_SECONDS / 2 ? ERA_SECONDS : 0;
  const fraction = view.getUint32(offset + 4) / ERA_SECONDS;
  return (seconds + era - SECONDS_FROM_1900_TO_1970 + fraction) * 1000;
}
