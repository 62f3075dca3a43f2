import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verbs } from "./commands/table.ts";
import { commonOptions } from "./commands/verb.ts";
import { complete } from "./completion.ts";
import { completionScript } from "./completion-scripts.ts";

const table = { verbs, commonOptions, machines: ["boot2docker", "work"] };
function completed(line: string): string[] | string {
  const found = complete(line.split(" "), table);
  return found === "files" ? ":files" : found.map(({ word }) => word);
}

test.each([
  ["po", ["poweroff", "ports"]],
  ["star", ["start"]],
  ["help sta", ["status", "start"]],
  ["-", ["-q", "--quiet", "-v", "--verbose"]],
  ["status w", ["work"]],
  ["status work ", []],
  ["down work ", ["boot2docker"]],
  ["down --al", ["--all"]],
  ["down -f --fo", []],
  ["down --timeout ", []],
  ["down --timeout 9 w", ["work"]],
  ["init --publish ", ["loopback", "all"]],
  ["init --publish a", ["all"]],
  ["init --engine-label a=b --engine-lab", ["--engine-label"]],
  ["env --shell f", ["fish"]],
  ["disk g", ["grow"]],
  ["disk grow w", ["work"]],
  ["logs work dock", ["dockerd"]],
  ["logs c", ["containerd", "console"]],
  ["set work mem", ["memory="]],
  ["cp w", ["work:"]],
  ["cp work:/tmp/x ./", ":files"],
  ["cp ", ":files"],
  ["mount ~/", ":files"],
  ["mount w", ["work"]],
  ["init --disk old", ":files"],
  ["init --mount my", ":files"],
  ["ssh work ls ", ":files"],
  ["nope ", []],
  ["agen", []],
  ["kill w", ["work"]],
])("boot2docker %s", (line, expected) => {
  expect(completed(line)).toEqual(expected);
});

test("bash asks the program, and has the words", () => {
  const dir = mkdtempSync(join(tmpdir(), "b2d-completion-"));
  try {
    mkdirSync(join(dir, "bin"));
    const program = join(dir, "bin", "boot2docker");
    writeFileSync(
      program,
      `#!/bin/sh\nshift 2\nprintf 'asked:%s\\n' "$*" >${dir}/asked\nprintf 'up\\tstart it\\nupgrade me\\t\\n'\n`,
    );
    chmodSync(program, 0o755);
    writeFileSync(join(dir, "completion.bash"), completionScript("bash"));
    const script = `. ${dir}/completion.bash; COMP_WORDS=(boot2docker -v u); COMP_CWORD=2; _boot2docker boot2docker; printf '%s|' "\${COMPREPLY[@]}"; cat ${dir}/asked`;
    const said = execFileSync("bash", ["-c", script], {
      env: { PATH: `${dir}/bin:${process.env["PATH"] ?? ""}` },
      encoding: "utf8",
    });
    expect(said).toBe("up|upgrade me|asked:-v u\n");
  } finally {
    rmSync(dir, { recursive: true });
  }
});
