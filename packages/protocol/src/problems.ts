import * as z from "zod/mini";
import type { FrameProblem } from "./framing.ts";

/** What a session met and survived: for a log, never a reason to act. */
export type SessionProblem =
  | { kind: "frame"; problem: FrameProblem }
  /** Not one of the shapes of JSON-RPC, or a hello that is none. */
  | { kind: "invalid-message"; problems: string[] }
  /** Of an older session, or sent before this one existed. */
  | { kind: "stale-message" }
  /** A request whose id was there before: the carrier repeated it. */
  | { kind: "repeated-request"; id: number }
  | { kind: "unknown-notification"; name: string }
  | { kind: "invalid-notification"; name: string; problems: string[] }
  /** A handler or a listener threw something that is no `RpcError`. */
  | { kind: "handler-failed"; name: string; cause: unknown }
  | { kind: "close-failed"; cause: unknown };

export type Validated<T> = { ok: true; value: T } | { ok: false; problems: string[] };

/** All problems at once, each as `path: what is wrong`. Unknown fields are dropped. */
export function validate<S extends z.core.$ZodType>(schema: S, value: unknown): Validated<z.output<S>> {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problems: parsed.error.issues.map(renderIssue) };
}

/** zod/mini brings no texts of its own: they are most of zod's size. */
function renderIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".");
  return `${path === "" ? "(top)" : path}: ${explainIssue(issue)}`;
}

function explainIssue(issue: z.core.$ZodIssue): string {
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the codes that our own tables cause have words, the default serves those that other schemas bring
  switch (issue.code) {
    case "invalid_type":
      return `expected ${issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_format":
      return `expected the format ${issue.format}`;
    case "too_small":
      return `expected at least ${issue.minimum}`;
    case "too_big":
      return `expected at most ${issue.maximum}`;
    default:
      return issue.code.replaceAll("_", " ");
  }
}
