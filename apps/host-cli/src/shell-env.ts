/** Variables in the order of printing; `undefined` unsets one. */
export type Variables = Readonly<Record<string, string | undefined>>;

interface Shell {
  /** As the shell's own program is called; the first is also the name in `--shell`. */
  programs: readonly [string, ...string[]];
  set(name: string, value: string): string;
  unset(name: string): string;
  comment: string;
  /** How its user runs what `command` prints. */
  apply(command: string): string;
}

const posix = {
  /** Unquoted where that can be: `$(boot2docker shellinit)` of 2014 splits words, and knows no quotes. */
  set: (name: string, value: string) => `export ${name}=${quoteWord(value, "linux")}`,
  unset: (name: string) => `unset ${name}`,
  comment: "#",
  apply: (command: string) => `eval "$(${command})"`,
};

const shells = {
  bash: { programs: ["bash"], ...posix },
  zsh: { programs: ["zsh"], ...posix },
  sh: { programs: ["sh", "dash", "ash", "ksh", "mksh", "busybox"], ...posix },
  /** Inside single quotes fish knows two escapes: \\ and \'. https://fishshell.com/docs/current/language.html#quotes */
  fish: {
    programs: ["fish"],
    set: (name, value) => `set -gx ${name} ${singleQuoted(value.replaceAll("\\", "\\\\"), "\\'")};`,
    unset: (name) => `set -e ${name};`,
    comment: "#",
    apply: (command) => `${command} | source`,
  },
  powershell: {
    programs: ["powershell", "pwsh"],
    set: (name, value) => `$Env:${name} = ${powershellQuoted(value)}`,
    unset: (name) => `Remove-Item -ErrorAction SilentlyContinue Env:\\${name}`,
    comment: "#",
    apply: (command) => `& ${command} | Out-String | Invoke-Expression`,
  },
  /** The quotes around the whole keep & | < > ^ from their meaning; a path on Windows has none itself. */
  cmd: {
    programs: ["cmd"],
    set: (name, value) => `SET "${name}=${value}"`,
    unset: (name) => `SET ${name}=`,
    comment: "REM",
    apply: (command) => `@FOR /f "tokens=*" %i IN ('${command}') DO @%i`,
  },
  /** History expansion works inside single quotes. tcsh(1) */
  tcsh: {
    programs: ["tcsh", "csh"],
    set: (name, value) => `setenv ${name} ${singleQuoted(value, "'\\''").replaceAll("!", "\\!")};`,
    unset: (name) => `unsetenv ${name};`,
    comment: "#",
    apply: (command) => `eval "\`${command}\`"`,
  },
  emacs: {
    programs: ["emacs"],
    set: (name, value) => `(setenv "${name}" "${value.replaceAll(/["\\]/g, "\\$&")}")`,
    unset: (name) => `(setenv "${name}" nil)`,
    comment: ";;",
    apply: (command) => `(with-temp-buffer (shell-command "${command}" (current-buffer)) (eval-buffer))`,
  },
} as const satisfies Record<string, Shell>;

export type ShellName = keyof typeof shells;
export const shellNames = Object.keys(shells) as ShellName[]; // Object.keys forgets the type.

/** Lines for the shell to run, and for somebody who reads them a comment that says how. */
export function renderEnv(shell: ShellName, variables: Variables, command: string, isRead: boolean): string {
  const { set, unset, comment, apply } = shells[shell];
  const lines = Object.entries(variables).map(([name, value]) =>
    value === undefined ? unset(name) : set(name, value),
  );
  const how = [`${comment} Run this command to configure your shell:`, `${comment} ${apply(command)}`];
  return [...lines, ...(isRead ? how : [])].join("\n");
}

/** What to type so that the shell runs what `command` prints. */
export function renderApply(shell: ShellName, command: string): string {
  return shells[shell].apply(command);
}

/** By the name of its program: `/bin/bash`, `-zsh` (a login shell), `pwsh.exe`. */
export function shellOfProgram(program: string): ShellName | undefined {
  const name = program
    .replace(/^-/, "")
    .replace(/^.*[\\/]/, "")
    .replace(/\.exe$/i, "");
  return shellNames.find((shell) => shells[shell].programs.some((known) => known === name));
}

export interface ShellClues {
  platform: string;
  env: Variables;
  /** Command line of the process that started this one. */
  parent?: string | undefined;
}

/** The shell that asks: the parent is right even in a fish that was started from bash, `$SHELL` is the login shell. */
export function detectShell({ platform, env, parent = "" }: ShellClues): ShellName {
  const found = shellOfProgram(parent.split(" ")[0] ?? "") ?? shellOfProgram(env["SHELL"] ?? "");
  if (found !== undefined) return found;
  if (platform !== "win32") return "sh";
  // cmd.exe sets PROMPT when it starts, PowerShell does not.
  return env["PROMPT"] === undefined ? "powershell" : "cmd";
}

/** Typographic quotes end a string too. about_Quoting_Rules */
export function powershellQuoted(value: string): string {
  return `'${value.replaceAll(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}

function singleQuoted(value: string, escapedQuote: string): string {
  return `'${value.replaceAll("'", escapedQuote)}'`;
}

/** Where that is needed, for the shells of a system, which agree on words of these letters and on single quotes. */
export function quoteWord(word: string, platform: string): string {
  const apostrophe = platform === "win32" ? "''" : String.raw`'\''`;
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", apostrophe)}'`;
}
