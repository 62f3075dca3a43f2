import type { Reason } from "@boot2docker/protocol";
import type { ErrorCode } from "./error-codes.ts";

/** What the process ends with (docs/cli.md). `connection` is of `ssh` and `cp` alone; the other codes of `ssh` are its command's. */
export const exitCodes = { failed: 1, usage: 2, notRunning: 3, interrupted: 130, connection: 255 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface UserErrorDetails {
  code: ErrorCode;
  /** What to do about it; one sentence. */
  hint?: string;
  exitCode?: ExitCode;
  cause?: unknown;
}

/** Something that the person at the keyboard can act on: the message names what failed and on what. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Stable and machine-readable: one of ours, or one of the guest's. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, details: UserErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? exitCodes.failed;
  }

  /** What the guest, or the host agent, gives as the reason: the code is theirs. */
  static of(
    { code, message, hint }: Reason,
    { exitCode, cause }: Pick<UserErrorDetails, "exitCode" | "cause"> = {},
  ): UserError {
    return new UserError(message, {
      code: code as ErrorCode, // Or one of the guest's own, which are as stable.
      ...(hint === undefined ? {} : { hint }),
      ...(exitCode === undefined ? {} : { exitCode }),
      cause,
    });
  }
}

/** Of a command line that can't be understood. */
export function usageError(message: string, hint: string): UserError {
  return new UserError(message, { code: "usage", hint, exitCode: exitCodes.usage });
}

/** Why a command is ended whose output nobody reads any more. It has said enough. */
export class NobodyReads extends Error {
  override readonly name = "NobodyReads";
}

/** Why a command is ended whose output can't be written. */
export class OutputLost extends Error {
  override readonly name = "OutputLost";
}

/** A broken promise inside the program; never the user's fault. */
export class BugError extends Error {
  override readonly name = "BugError";
}
