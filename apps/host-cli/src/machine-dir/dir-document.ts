import { machineFiles, rootFiles } from "./files.ts";

type Rows = Readonly<Record<string, { path: string; kind: string; owner: string; purpose: string }>>;

/** `docs/machine-dir.md`, from the tables that the code uses; the test beside this file compares it. */
export function renderMachineDirDocument(): string {
  return `# Files on the host

<!-- Generated from apps/host-cli/src/machine-dir/dir.ts: pnpm --filter @boot2docker/host-cli test -u -->

Everything is below one directory: \`~/.boot2docker\`, or what \`BOOT2DOCKER_DIR\` says. Directories are 0700, files
0600, sockets the user's alone. Files that a command or the agent makes are written beside their place, flushed and renamed: a reader, and
a crash, find the old content or the new. "Whose" says who writes a file.

${renderTable(rootFiles)}

## One machine: \`machines/<name>/\`

A machine is there when its \`machine.json\` is. What a killed command began is repaired by the next one. The paths of
sockets are limited (107 bytes on Linux, 103 on macOS), which is checked when the machine is made.

${renderTable(machineFiles)}

Locks are the operating system's (an SQLite file without content carries them): a process that is killed gives its lock
back, and a lock file that lies around means nothing.

## \`machine.json\` and \`defaults.json\`

\`\`\`json
{
  "formatVersion": 1,
  "cpus": 2,
  "memory": "2g",
  "diskSize": "20g",
  "dockerPort": 23760,
  "sshPort": 23761,
  "folders": ["/home/user", "/srv/data:ro"],
  "engine": { "daemon": { "debug": true }, "env": {} }
}
\`\`\`

The keys are those of \`boot2docker set\` ([docs/cli.md](cli.md)): change them by it, or by \`boot2docker config edit\`. \`engine\`, where it is there, says
what is wanted of the engine: keys of Docker's \`daemon.json\` and variables of dockerd. \`dynamicPorts\` are those that the engine hands out by itself.
Fields that a newer version has are ignored; a file of another \`formatVersion\`, or one that does not fit, is refused and never rewritten.

The user's defaults have the same keys without ports and \`formatVersion\`, and a key that is none is refused there.
`;
}

/** Padded, as the formatter of the repository wants it. */
function renderTable(rows: Rows): string {
  const cells = Object.values(rows)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, kind, owner, purpose }) => [`\`${path}${kind === "directory" ? "/" : ""}\``, owner, purpose]);
  const head = ["file", "whose", "what"];
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => row[column]?.length ?? 0)));
  const render = (row: string[], fill = " ") =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width, fill)).join(" | ")} |`;
  return [render(head), render([], "-"), ...cells.map((row) => render(row))].join("\n");
}
