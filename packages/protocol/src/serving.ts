import { type ErrorResponse, parseCancelledId, type Request, type Response } from "./envelope.ts";
import { errorCodes, errorText, RpcError } from "./errors.ts";
import { limits } from "./limits.ts";
import type { Handlers, MethodTable } from "./methods.ts";
import type { Outbox } from "./outbox.ts";
import { type SessionProblem, validate } from "./problems.ts";

/** A handler whose types the table has already settled. */
type AnyHandler = (params: unknown, signal: AbortSignal) => Promise<unknown>;

/** The requests of the peer that are being answered. */
export class Serving {
  readonly #table: MethodTable;
  readonly #handlers: ReadonlyMap<string, AnyHandler>;
  readonly #outbox: Outbox;
  readonly #onProblem: (problem: SessionProblem) => void;
  readonly #running = new Map<number, AbortController>();
  /** Ids of the latest requests, oldest first. */
  readonly #ids = new Set<number>();

  constructor(
    table: MethodTable,
    handlers: Handlers<MethodTable>,
    outbox: Outbox,
    onProblem: (problem: SessionProblem) => void,
  ) {
    this.#table = table;
    // A map, because a method named `constructor` must not find what every object has.
    this.#handlers = new Map(Object.entries(handlers));
    this.#outbox = outbox;
    this.#onProblem = onProblem;
  }

  /** Starts the handler before it returns, so that what comes later cannot overtake. */
  request(request: Request): void {
    const { id, method } = request;
    if (this.#remember(id) === "known") {
      this.#onProblem({ kind: "repeated-request", id });
      return;
    }
    const handler = this.#handlers.get(method);
    const row = Object.hasOwn(this.#table, method) ? this.#table[method] : undefined;
    if (handler === undefined || row === undefined) {
      this.#refuse(id, errorCodes.methodNotFound, "unknown method");
      return;
    }
    if (this.#running.size >= limits.requestsInFlight) {
      this.#refuse(id, errorCodes.busy, `${limits.requestsInFlight} requests are unanswered already`);
      return;
    }
    const params = validate(row.params, request.params);
    if (params.ok) void this.#run(id, method, handler, params.value);
    else this.#refuse(id, errorCodes.invalidParams, params.problems.join("; "), { problems: params.problems });
  }

  /** The answer to a cancelled request is whatever its handler makes of the signal: there is always one. */
  cancel(params: unknown): void {
    const id = parseCancelledId(params);
    if (id !== undefined) this.#running.get(id)?.abort(new RpcError(errorCodes.cancelled, "cancelled by the caller"));
  }

  end(reason: RpcError): void {
    for (const controller of this.#running.values()) controller.abort(reason);
    this.#running.clear();
  }

  /**
   * A request that the carrier repeats must not run twice. That ids grow would be a shorter test, but one damaged id
   * could then shut out all that follow.
   */
  #remember(id: number): "known" | "new" {
    if (this.#ids.has(id)) return "known";
    this.#ids.add(id);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= limits.rememberedIds) break;
      this.#ids.delete(oldest);
    }
    return "new";
  }

  async #run(id: number, method: string, handler: AnyHandler, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    const response = await this.#answer(id, method, handler, params, controller.signal);
    // In flight until the carrier took the answer: a peer that asks and does not read is bounded too.
    await this.#outbox.post(response);
    this.#running.delete(id);
  }

  async #answer(
    id: number,
    method: string,
    handler: AnyHandler,
    params: unknown,
    signal: AbortSignal,
  ): Promise<Response> {
    try {
      return { kind: "result", id, result: await handler(params, signal) };
    } catch (cause) {
      if (cause instanceof RpcError) return { kind: "error", id, error: describe(cause) };
      if (signal.aborted) return { kind: "error", id, error: describe(cancelledBy(signal)) };
      this.#onProblem({ kind: "handler-failed", name: method, cause });
      return { kind: "error", id, error: { code: errorCodes.internal, message: errorText(cause) } };
    }
  }

  #refuse(id: number, code: number, message: string, data?: unknown): void {
    void this.#outbox.post({ kind: "error", id, error: { code, message, ...(data === undefined ? {} : { data }) } });
  }
}

function describe(error: RpcError): ErrorResponse["error"] {
  const { code, message, data } = error;
  return { code, message, ...(data === undefined ? {} : { data }) };
}

function cancelledBy(signal: AbortSignal): RpcError {
  return new RpcError(errorCodes.cancelled, errorText(signal.reason));
}
