import { guestReasons } from "@boot2docker/protocol";
import { errorCodes } from "./error-codes.ts";

/** Text of docs/errors.md, in Markdown. */
export function renderErrors(): string {
  return [
    "<!-- Made of the table in apps/host-cli/src/error-codes.ts: change that, then run its test with --update. -->",
    "# Codes of errors",
    'With `--json` a command that fails prints one line on stderr, `{"formatVersion": 1, "error": {"code", "message", "hint"}}`. The code is one of these, which keep their ' +
      "meaning from version to version, or a reason of the guest (below). What the operating system says " +
      "has its name in small letters, such as `enospc`. Exit codes are in [cli.md](cli.md).",
    Object.entries(errorCodes)
      .map(([code, meaning]) => `- \`${code}\`: ${meaning}`)
      .join("\n"),
    "## Reasons of the guest",
    "A guest that is degraded, or in rescue, gives these reasons; `status` prints them, and `up` fails with one that keeps Docker from starting. Beside them there are " +
      "`PHASE-failed` and `PHASE-timeout` of a phase of [boot.md](boot.md), `SERVICE-failed` and `SERVICE-not-ready` of containerd, dockerd and sshd, and `HOOK-failed`.",
    Object.entries(guestReasons)
      .map(([code, meaning]) => `- \`${code}\`: ${meaning}`)
      .join("\n"),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}
