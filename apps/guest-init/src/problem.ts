import type { GuestReason, Reason } from "@boot2docker/protocol";

/** A failure that has a name of its own and says what to do. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly reason: Reason;

  constructor(code: GuestReason, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = { code, message, hint };
  }
}

/** What an error says, with what caused it. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}
