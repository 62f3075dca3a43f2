import { errorCodes } from "./error-codes.ts";

/** Text of docs/errors.md, in Markdown. */
export function renderErrors(): string {
  return [
    "<!-- Made of the table in apps/host-cli/src/error-codes.ts: change that, then run its test with --update. -->",
    "# Codes of errors",
    'With `--json` a command that fails prints one line on stderr, `{"error": {"code", "message", "hint"}}`. The code is one of these, which keep their ' +
      "meaning from version to version, or one that the guest gives as its reason: `boot2docker status` has that in words. What the operating system says " +
      "has its name in small letters, such as `enospc`. Exit codes are in [cli.md](cli.md).",
    Object.entries(errorCodes)
      .map(([code, meaning]) => `- \`${code}\`: ${meaning}`)
      .join("\n"),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}
