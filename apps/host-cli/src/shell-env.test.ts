import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { detectShell, renderEnv, shellOfProgram, type ShellName } from "./shell-env.ts";

const variables = { DOCKER_CERT_PATH: `/home/o'neil "x" $HOME \`id\` \\n!%PATH%/tls`, OTHER: undefined };

test.each<[ShellName, string[]]>([
  ["bash", [`export DOCKER_CERT_PATH='/home/o'\\''neil "x" $HOME \`id\` \\n!%PATH%/tls'`, "unset OTHER"]],
  ["zsh", [`export DOCKER_CERT_PATH='/home/o'\\''neil "x" $HOME \`id\` \\n!%PATH%/tls'`, "unset OTHER"]],
  ["sh", [`export DOCKER_CERT_PATH='/home/o'\\''neil "x" $HOME \`id\` \\n!%PATH%/tls'`, "unset OTHER"]],
  ["fish", [`set -gx DOCKER_CERT_PATH '/home/o\\'neil "x" $HOME \`id\` \\\\n!%PATH%/tls';`, "set -e OTHER;"]],
  [
    "powershell",
    [
      `$Env:DOCKER_CERT_PATH = '/home/o''neil "x" $HOME \`id\` \\n!%PATH%/tls'`,
      "Remove-Item -ErrorAction SilentlyContinue Env:\\OTHER",
    ],
  ],
  ["tcsh", [`setenv DOCKER_CERT_PATH '/home/o'\\''neil "x" $HOME \`id\` \\n\\!%PATH%/tls';`, "unsetenv OTHER;"]],
  [
    "emacs",
    [`(setenv "DOCKER_CERT_PATH" "/home/o'neil \\"x\\" $HOME \`id\` \\\\n!%PATH%/tls")`, '(setenv "OTHER" nil)'],
  ],
])("%s sets and unsets variables with its own quotes", (shell, lines) => {
  expect(renderEnv(shell, variables, "boot2docker env", true).split("\n").slice(0, 2)).toEqual(lines);
});

test("cmd sets a path of Windows whatever is in it", () => {
  const path = String.raw`C:\Users\Tom & Jerry (x^2)\.boot2docker`;
  const lines = renderEnv("cmd", { DOCKER_CERT_PATH: path, OTHER: undefined }, "boot2docker env", true).split("\n");
  expect(lines.slice(0, 2)).toEqual([`SET "DOCKER_CERT_PATH=${path}"`, "SET OTHER="]);
});

test("PowerShell's typographic quotes end no text", () => {
  expect(renderEnv("powershell", { A: "o’neil ‘x‛" }, "b", false)).toContain("$Env:A = 'o’’neil ‘‘x‛‛'");
});

test.each(["bash", "sh"] as const)("a real %s gets the value that was meant", (shell) => {
  const script = `OTHER=1; eval "$1"; printf '%s|%s' "$DOCKER_CERT_PATH" "\${OTHER-unset}"`;
  const said = execFileSync(shell, ["-c", script, shell, renderEnv(shell, variables, "boot2docker env", false)]);
  expect(said.toString()).toBe(`${variables.DOCKER_CERT_PATH}|unset`);
});

test("a shell that splits words and knows no quotes gets the values all the same, where they are simple", () => {
  const simple = { DOCKER_TLS_VERIFY: "1", DOCKER_HOST: "tcp://127.0.0.1:2376", DOCKER_CERT_PATH: "/home/user/.b/tls" };
  const words = renderEnv("sh", simple, "boot2docker env", false).split(/\s/);
  const said = execFileSync("sh", ["-c", '"$@"; printf %s "$DOCKER_HOST $DOCKER_CERT_PATH"', "sh", ...words]);
  expect(said.toString()).toBe(`${simple.DOCKER_HOST} ${simple.DOCKER_CERT_PATH}`);
});

test("the last lines tell how to apply it, as a comment", () => {
  expect(renderEnv("bash", {}, "boot2docker env work", true)).toBe(
    '# Run this command to configure your shell:\n# eval "$(boot2docker env work)"',
  );
  expect(renderEnv("cmd", {}, "b env", true)).toContain("REM Run this");
});

test.each([
  ["/bin/bash", "bash"],
  ["-zsh", "zsh"],
  ["/usr/bin/dash", "sh"],
  ["C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "powershell"],
  ["pwsh", "powershell"],
  ["csh", "tcsh"],
  ["node", undefined],
  ["", undefined],
])("the program %j is the shell %s", (program, shell) => {
  expect(shellOfProgram(program)).toBe(shell);
});

test.each([
  [
    "the parent, whatever the login shell is",
    { platform: "linux", env: { SHELL: "/bin/bash" }, parent: "fish -i" },
    "fish",
  ],
  [
    "the login shell when the parent is none",
    { platform: "linux", env: { SHELL: "/bin/zsh" }, parent: "make all" },
    "zsh",
  ],
  ["sh when nothing is known", { platform: "darwin", env: {} }, "sh"],
  ["Git's bash on Windows", { platform: "win32", env: { SHELL: "/usr/bin/bash", PROMPT: "$P$G" } }, "bash"],
  ["cmd by its prompt", { platform: "win32", env: { PROMPT: "$P$G" } }, "cmd"],
  ["PowerShell otherwise", { platform: "win32", env: {} }, "powershell"],
] as const)("detected is %s", (_, clues, shell) => {
  expect(detectShell(clues)).toBe(shell);
});
