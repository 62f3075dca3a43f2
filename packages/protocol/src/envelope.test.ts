import { expect, test } from "vitest";
import { encodeEnvelope, parseEnvelope } from "./envelope.ts";
import { errorCodes } from "./errors.ts";
import { limits } from "./limits.ts";

const v2 = { jsonrpc: "2.0" };

test.each<[claim: string, message: unknown, envelope: object | undefined]>([
  ["a request", { ...v2, id: 1, method: "a", params: [1] }, { kind: "request", id: 1, method: "a", params: [1] }],
  ["a request without params", { ...v2, id: 1, method: "a" }, { kind: "request", id: 1, method: "a", params: {} }],
  ["a notification", { ...v2, method: "a" }, { kind: "notification", method: "a", params: {} }],
  ["a result", { ...v2, id: 1, result: null }, { kind: "result", id: 1, result: null }],
  [
    "an error, its unknown fields dropped",
    { ...v2, id: 1, error: { code: -1, message: "no", data: 2, more: 3 } },
    { kind: "error", id: 1, error: { code: -1, message: "no", data: 2 } },
  ],
  [
    "unknown fields beside the known",
    { ...v2, method: "a", more: 1 },
    { kind: "notification", method: "a", params: {} },
  ],
  ["no object", 1, undefined],
  ["null", null, undefined],
  ["a batch", [{ ...v2, method: "a" }], undefined],
  ["no version", { id: 1, method: "a" }, undefined],
  ["another version", { jsonrpc: "1.0", id: 1, method: "a" }, undefined],
  ["an id that is text", { ...v2, id: "1", method: "a" }, undefined],
  ["an id that is null", { ...v2, id: null, method: "a" }, undefined],
  ["an id that is no integer", { ...v2, id: 1.5, method: "a" }, undefined],
  ["an id beyond exact integers", { ...v2, id: 2 ** 53, method: "a" }, undefined],
  ["an id of zero", { ...v2, id: 0, result: {} }, undefined],
  ["a method that is no text", { ...v2, id: 1, method: 5 }, undefined],
  ["an answer that says nothing", { ...v2, id: 1 }, undefined],
  ["an error without a code", { ...v2, id: 1, error: { message: "no" } }, undefined],
  ["an error that is text", { ...v2, id: 1, error: "no" }, undefined],
])("%s is told apart", (_claim, message, envelope) => {
  expect(parseEnvelope(message)).toEqual(envelope);
});

test("a result that is undefined is sent as null, so that the answer stays one", () => {
  expect(new TextDecoder().decode(encodeEnvelope({ kind: "result", id: 1, result: undefined }))).toBe(
    '{"jsonrpc":"2.0","id":1,"result":null}\n',
  );
});

test("a message that the peer would have to skip is not sent", () => {
  const params = { text: "x".repeat(limits.frameBytes) };
  let failure: unknown;
  try {
    encodeEnvelope({ kind: "notification", method: "big", params });
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: errorCodes.frameTooLarge });
  expect(String(failure)).toContain("big: the message is too large");
});
