import { errorCodes, RpcError } from "./errors.ts";
import { encodeFrame } from "./framing.ts";
import { limits } from "./limits.ts";

/** The shapes of a JSON-RPC 2.0 message. Batches and ids that are no positive integers are not used here. */
export type Envelope = Request | Notification | Response;

export interface Request {
  kind: "request";
  id: number;
  method: string;
  params: unknown;
}

export interface Notification {
  kind: "notification";
  method: string;
  params: unknown;
}

interface ResultResponse {
  kind: "result";
  id: number;
  result: unknown;
}

export interface ErrorResponse {
  kind: "error";
  id: number;
  error: { code: number; message: string; data?: unknown };
}

export type Response = ResultResponse | ErrorResponse;

/** The two notifications that belong to the session itself. */
export const helloMethod = "hello";
export const cancelMethod = "$/cancel";

const jsonrpc = "2.0";

/** Throws `RpcError` with the code `frameTooLarge`. A hello resets the peer's decoder. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const isHello = envelope.kind === "notification" && envelope.method === helloMethod;
  const frame = encodeFrame(renderEnvelope(envelope), { reset: isHello });
  if (frame.length <= limits.frameBytes) return frame;
  const what = "method" in envelope ? envelope.method : "the answer";
  const size = `${frame.length} bytes, the limit is ${limits.frameBytes}`;
  throw new RpcError(errorCodes.frameTooLarge, `${what}: the message is too large: ${size}`);
}

/** Key order is part of the recorded transcripts. */
function renderEnvelope(envelope: Envelope): object {
  switch (envelope.kind) {
    case "request":
      return { jsonrpc, id: envelope.id, method: envelope.method, params: envelope.params };
    case "notification":
      return { jsonrpc, method: envelope.method, params: envelope.params };
    case "result":
      return { jsonrpc, id: envelope.id, result: envelope.result ?? null };
    case "error":
      return { jsonrpc, id: envelope.id, error: envelope.error };
  }
}

/** Nothing for what is none of the four. Absent params are `{}`. */
export function parseEnvelope(message: unknown): Envelope | undefined {
  if (!isObject(message) || message["jsonrpc"] !== jsonrpc) return undefined;
  const { id, method } = message;
  if (typeof method === "string") {
    const params = message["params"] ?? {};
    if (id === undefined) return { kind: "notification", method, params };
    return isId(id) ? { kind: "request", id, method, params } : undefined;
  }
  if (!isId(id)) return undefined;
  if (Object.hasOwn(message, "result")) return { kind: "result", id, result: message["result"] };
  const error = message["error"];
  if (!isObject(error)) return undefined;
  const { code, message: text, data } = error;
  if (typeof code !== "number" || !Number.isInteger(code) || typeof text !== "string") return undefined;
  return { kind: "error", id, error: { code, message: text, ...(data === undefined ? {} : { data }) } };
}

/** Nothing when the peer's `$/cancel` is none. */
export function parseCancelledId(params: unknown): number | undefined {
  return isObject(params) && isId(params["id"]) ? params["id"] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
