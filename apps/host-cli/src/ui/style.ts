/** How rows look: colours and characters that this terminal is known to have. */
export interface Style {
  readonly spinner: readonly string[];
  readonly done: string;
  readonly failed: string;
  dim(text: string): string;
}

export interface StyleClues {
  platform: string;
  env: Readonly<Record<string, string | undefined>>;
}

export function chooseStyle({ platform, env }: StyleClues): Style {
  const hasColor = (env["NO_COLOR"] ?? "") === "";
  const paint = (code: number, text: string) => (hasColor ? `\x1b[${code}m${text}\x1b[0m` : text);
  const marks = hasUnicode(platform, env)
    ? { spinner: "⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏", done: "✓", failed: "✗" }
    : { spinner: "| / - \\", done: "+", failed: "x" };
  return {
    spinner: marks.spinner.split(" ").map((frame) => paint(36, frame)),
    done: paint(32, marks.done),
    failed: paint(31, marks.failed),
    dim: (text) => paint(2, text),
  };
}

/** The Linux console's font lacks the characters whatever the locale says. */
function hasUnicode(platform: string, env: StyleClues["env"]): boolean {
  if (env["TERM"] === "linux") return false;
  if (platform === "win32") return env["WT_SESSION"] !== undefined;
  // The first that says something counts. locale(7)
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return /utf-?8/i.test(locale ?? "");
}
