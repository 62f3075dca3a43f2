import { expect, test } from "vitest";
import { createFrameDecoder, type Decoded, encodeFrame } from "./framing.ts";
import { latin1Bytes } from "./testing/raw-peer.ts";
import { seededRandom } from "./testing/seeded-random.ts";

function decode(chunks: Iterable<Uint8Array>, maxFrameBytes?: number): Decoded[] {
  const decoder = createFrameDecoder(maxFrameBytes);
  return [...chunks].flatMap((chunk) => decoder.push(chunk));
}

const problem = (kind: string, sizeBytes: number): object => ({ problem: { kind, sizeBytes } });

test.each<[claim: string, latin1: string, decoded: object[]]>([
  ["a line is a message", '{"a":1}\n', [{ message: { a: 1 } }]],
  ["any JSON value is a message", '1\n"x"\nnull\n[]\n', [1, "x", null, []].map((message) => ({ message }))],
  ["a line without its end is not there yet", '{"a":1}', []],
  ["empty lines are nothing", "\n\n1\n", [{ message: 1 }]],
  ["a carriage return is white space of JSON", "1\r\n", [{ message: 1 }]],
  ["the reset drops the line before it", '{"a":\xff{"b":2}\n', [problem("interrupted", 5), { message: { b: 2 } }]],
  ["the reset keeps whole lines before it", "1\n\xff2\n", [{ message: 1 }, { message: 2 }]],
  ["resets in a row are one", "\xff\xff\xff1\n", [{ message: 1 }]],
  ["broken JSON costs its own line only", '{"a"\n1\n', [problem("invalid-json", 4), { message: 1 }]],
  ["broken UTF-8 costs its own line only", '"\xc3("\n1\n', [problem("invalid-utf8", 4), { message: 1 }]],
  ["UTF-8 of several bytes is text", '"\xc3\xa9\xf0\x9f\x90\xb3"\n', [{ message: "é🐳" }]],
  ["a byte order mark is noise", "\xef\xbb\xbf1\n", [problem("invalid-json", 4)]],
  ["a line of the largest size passes", "12345678\n", [{ message: 12345678 }]],
  ["a longer line is skipped up to its end", "123456789\n1\n", [problem("oversize", 9), { message: 1 }]],
  ["a reset ends a line that is too long", "123456789\xff1\n", [problem("oversize", 9), { message: 1 }]],
])("%s", (_claim, latin1, decoded) => {
  const maxFrameBytes = 8;
  expect(decode([latin1Bytes(latin1)], latin1.includes("1234") ? maxFrameBytes : undefined)).toEqual(decoded);
});

test("a line that is too long is told before it ends, once", () => {
  const decoder = createFrameDecoder(8);
  const told = [1, 2, 3, 4].map(() => decoder.push(latin1Bytes("123")).length);
  expect(told).toEqual([0, 0, 1, 0]);
});

test("bytes split anywhere give the same messages, and the same problems by kind", () => {
  const random = seededRandom(1);
  const alphabet = latin1Bytes('\n\n\n\xff{}[]",:1 \xc3\xa9\xf0');
  const kinds = (decoded: Decoded[]): unknown[] =>
    decoded.map((item) => ("problem" in item ? item.problem.kind : item));
  for (let round = 0; round < 500; round += 1) {
    const bytes = Uint8Array.from({ length: random.below(60) }, () => alphabet[random.below(alphabet.length)] ?? 0);
    const whole = kinds(decode([bytes], 12));
    const single = kinds(
      decode(
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
        12,
      ),
    );
    expect(single).toEqual(whole);
    const cut = random.below(bytes.length + 1);
    expect(kinds(decode([bytes.subarray(0, cut), bytes.subarray(cut)], 12))).toEqual(whole);
  }
});

test("a long line in many pieces is whole", () => {
  const message = Array.from({ length: 5000 }, (_, index) => index);
  const frame = encodeFrame(message);
  const pieces = Array.from({ length: Math.ceil(frame.length / 1000) }, (_, index) =>
    frame.subarray(1000 * index, 1000 * (index + 1)),
  );
  expect(decode(pieces)).toEqual([{ message }]);
});

test("the decoder keeps no reference to the bytes it was given", () => {
  const decoder = createFrameDecoder();
  const reused = latin1Bytes('{"a":');
  decoder.push(reused);
  reused.fill(0x20);
  expect(decoder.push(latin1Bytes("1}\n"))).toEqual([{ message: { a: 1 } }]);
});

test("a frame is one line whatever its text holds", () => {
  const text = "line\nfeed \u0000 \u2028 é 🐳 \ud800";
  const frame = encodeFrame({ text });
  expect(frame.indexOf(0x0a)).toBe(frame.length - 1);
  expect(frame.indexOf(0xff)).toBe(-1);
  expect(decode([frame])).toEqual([{ message: { text } }]);
});

test("a frame that resets begins with 0xFF", () => {
  expect(encodeFrame(1, { reset: true })).toEqual(Uint8Array.of(0xff, 0x31, 0x0a));
});
