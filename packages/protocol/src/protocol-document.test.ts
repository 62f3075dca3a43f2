import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseEnvelope } from "./envelope.ts";
import { errorCodes } from "./errors.ts";
import { createFrameDecoder } from "./framing.ts";
import { limits } from "./limits.ts";
import { agentMethods, guestNotifications, Hello, hostMethods } from "./messages.ts";
import { validate } from "./problems.ts";

const document = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
const dumps = [...document.matchAll(/^```hex\n(.*?)^```$/gms)].map(([, dump]) => dump ?? "");

/** `7b 7d 0a   {}.`: bytes on the left, what is printable of them on the right. */
function readDump(dump: string): { bytes: Uint8Array; text: string } {
  const lines = dump.trimEnd().split("\n");
  const hex = lines.map((line) => line.slice(0, 48).trim()).join(" ");
  return {
    bytes: Uint8Array.from(hex.split(/ +/), (byte) => Number.parseInt(byte, 16)),
    text: lines.map((line) => line.slice(49)).join(""),
  };
}

test.each(dumps)(
  "the worked bytes %# of the document are one sound message, and are what stands beside them",
  (dump) => {
    const { bytes, text } = readDump(dump);
    expect(text).toBe(
      Array.from(bytes, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join(""),
    );
    const decoded = createFrameDecoder().push(bytes);
    expect(decoded).toHaveLength(1);
    const envelope = parseEnvelope(decoded.flatMap((item) => ("message" in item ? [item.message] : []))[0]);
    expect(envelope).toBeDefined();
    if (envelope?.kind === "notification" && envelope.method === "hello") {
      expect(validate(Hello, envelope.params)).toMatchObject({ ok: true });
      expect(bytes[0]).toBe(0xff);
    }
  },
);

test("the document has worked bytes of a hello, a request, an answer, text and a cancel", () => {
  expect(dumps).toHaveLength(5);
});

test.each(Object.entries(limits))("the document gives the limit %s with its value", (name, value) => {
  expect(document).toMatch(new RegExp(`^\\| \`${name}\` +\\| ${value} +\\|`, "m"));
});

test.each(Object.entries(errorCodes))("the document explains the error %s with its code", (name, code) => {
  expect(document).toMatch(new RegExp(`^\\| ${code} +\\| \`${name}\` +\\|`, "m"));
});

test("the two notifications of the session itself are in no table", () => {
  const names = Object.keys({ ...agentMethods, ...hostMethods, ...guestNotifications });
  expect(names).not.toContain("hello");
  expect(names).not.toContain("$/cancel");
});
