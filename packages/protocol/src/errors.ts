/** JSON-RPC's own codes, LSP's for cancellation, ours from -32000 down. */
export const errorCodes = {
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  cancelled: -32800,
  busy: -32000,
  closed: -32001,
  noCommonVersion: -32002,
  frameTooLarge: -32003,
  handshake: -32004,
  invalidResult: -32005,
} as const;

/** A call, a notification or a session failed. `data` is what the peer added; its shape belongs to the method. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data?: unknown;

  constructor(code: number, message: string, options: { data?: unknown; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.data !== undefined) this.data = options.data;
  }
}

/** One line for a thrown value of any kind. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
