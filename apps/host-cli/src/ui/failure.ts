import { RpcError } from "@boot2docker/protocol";
import { type ExitCode, exitCodes, UserError } from "../errors.ts";
import { asTyped } from "../hint-commands.ts";
import { renderJson } from "./json.ts";

export interface Failure {
  /** Stable and machine-readable. */
  code: string;
  message: string;
  hint: string | undefined;
  exitCode: ExitCode;
}

/** What a thrown value means to the person at the keyboard. After Ctrl-C it is only what followed from that. */
export function explainFailure(error: unknown, isInterrupted: boolean, programName: string): Failure {
  const failure = failureOf(error, isInterrupted);
  return { ...failure, hint: failure.hint === undefined ? undefined : asTyped(failure.hint, programName) };
}

function failureOf(error: unknown, isInterrupted: boolean): Failure {
  if (isInterrupted) {
    const hint = "To go on, call the same again.";
    return { code: "interrupted", message: "interrupted", hint, exitCode: exitCodes.interrupted };
  }
  if (error instanceof UserError) {
    const { code, message, hint, exitCode } = error;
    return { code, message, hint, exitCode };
  }
  const exitCode = exitCodes.failed;
  if (error instanceof RpcError) {
    const message = `the guest or its host agent did not answer as it should: ${error.message}`;
    return { code: "no-answer", message, hint: "See: boot2docker status, boot2docker logs agent", exitCode };
  }
  if (isSystemError(error)) {
    return { code: error.code.toLowerCase(), message: error.message, hint: "Run it with -v to see where.", exitCode };
  }
  const message = `this is a bug in boot2docker: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  return { code: "bug", message, hint: "Please report it with what the same command says with -v.", exitCode };
}

export interface FailureStyle {
  isVerbose: boolean;
  isJson: boolean;
}

/** For stderr; as JSON in one line. */
export function renderFailure(error: unknown, failure: Failure, { isVerbose, isJson }: FailureStyle): string {
  const { code, message, hint } = failure;
  if (isJson) return `${renderJson({ error: { code, message, hint } })}\n`;
  const lines = [`boot2docker: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  if (isVerbose) lines.push(...origins(error));
  return `${lines.join("\n")}\n`;
}

/** Stacks of the error and of what caused it. */
function origins(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : ["caused by:", ...origins(error.cause)])];
}

/** Of the operating system: no space, no right, too many open files. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
