import type * as z from "zod/mini";
import { cancelMethod, encodeEnvelope, type ErrorResponse, type Response } from "./envelope.ts";
import { errorCodes, errorText, RpcError } from "./errors.ts";
import type { MethodTable } from "./methods.ts";
import type { Outbox } from "./outbox.ts";
import { validate } from "./problems.ts";

interface Pending {
  method: string;
  resultSchema: z.core.$ZodType;
  answer: PromiseWithResolvers<unknown>;
  /** Stops listening to the caller's signal. */
  release: () => void;
}

/** The requests that we sent and that have no answer yet. */
export class Calls {
  readonly #table: MethodTable;
  readonly #outbox: Outbox;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(table: MethodTable, outbox: Outbox) {
    this.#table = table;
    this.#outbox = outbox;
  }

  /** Rejects with `RpcError` in every case; a cancelled one has the signal's reason as its cause. */
  async call(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    const row = this.#table[method];
    if (row === undefined) throw new RpcError(errorCodes.methodNotFound, `${method}: not in the table`);
    if (signal.aborted) throw cancelled(method, signal);
    const id = ++this.#lastId;
    const frame = encodeEnvelope({ kind: "request", id, method, params });
    const answer = Promise.withResolvers<unknown>();
    let isWritten = false;
    const onAbort = (): void => {
      this.#pending.delete(id);
      answer.reject(cancelled(method, signal));
      if (isWritten) void this.#outbox.post({ kind: "notification", method: cancelMethod, params: { id } });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const release = (): void => signal.removeEventListener("abort", onAbort);
    this.#pending.set(id, { method, resultSchema: row.result, answer, release });
    void this.#outbox.send(frame.length, () => {
      // Cancelled while the carrier was busy: the peer need not hear of it.
      if (!this.#pending.has(id)) return undefined;
      isWritten = true;
      return frame;
    });
    return answer.promise;
  }

  /** Nobody waits for an answer to a request that is not pending: it was cancelled, or the carrier repeats itself. */
  settle(response: Response): void {
    const call = this.#pending.get(response.id);
    if (call === undefined) return;
    this.#pending.delete(response.id);
    call.release();
    if (response.kind === "error") {
      call.answer.reject(peerError(call.method, response.error));
      return;
    }
    const result = validate(call.resultSchema, response.result);
    if (result.ok) {
      call.answer.resolve(result.value);
      return;
    }
    const message = `${call.method}: the peer's result does not fit: ${result.problems.join("; ")}`;
    call.answer.reject(new RpcError(errorCodes.invalidResult, message, { data: { problems: result.problems } }));
  }

  end(reason: RpcError): void {
    for (const call of this.#pending.values()) {
      call.release();
      call.answer.reject(new RpcError(reason.code, `${call.method}: ${reason.message}`, { cause: reason }));
    }
    this.#pending.clear();
  }
}

function peerError(method: string, { code, message, data }: ErrorResponse["error"]): RpcError {
  // An agent that passes a call on gets the name with the error, and passes that on too.
  const isNamed = message.startsWith(`${method}: `);
  return new RpcError(code, isNamed ? message : `${method}: ${message}`, { data });
}

function cancelled(method: string, signal: AbortSignal): RpcError {
  const cause: unknown = signal.reason;
  return new RpcError(errorCodes.cancelled, `${method}: cancelled: ${errorText(cause)}`, { cause });
}
