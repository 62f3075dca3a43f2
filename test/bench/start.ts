import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryFile, cliFile } from "../harness/machine.ts";
import { run } from "../harness/run.ts";

const times = 30;

/** Median times of commands that need no machine, in ms, beside a Node that does nothing and one that prints a line. */
export interface StartFigures {
  bareMs: number;
  printingMs: number;
  script: CommandFigures;
  binary: CommandFigures;
}

export interface CommandFigures {
  helpMs: number;
  statusMs: number;
  completeMs: number;
}

export async function benchStart(log: (line: string) => void): Promise<StartFigures> {
  const folder = mkdtempSync(join(tmpdir(), "b2d-start-"));
  try {
    const [bare, printing] = [join(folder, "bare.cjs"), join(folder, "printing.cjs")];
    writeFileSync(bare, "");
    writeFileSync(printing, 'process.stdout.write("a line\\n");');
    const root = join(folder, "root");
    mkdirSync(root);
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, BOOT2DOCKER_DIR: root };
    const node = process.execPath;
    const lines = [[node, bare], [node, printing], ...verbsOf(node, cliFile), ...verbsOf(binaryFile)];
    const took = lines.map((): number[] => []);
    log(`${times} rounds`);
    // In turn, so that what else the computer does meets all of them.
    for (let round = 0; round < times; round += 1) {
      for (const [index, [program = "", ...args]] of lines.entries()) {
        const from = performance.now();
        await run(program, args, { env });
        took[index]?.push(performance.now() - from);
      }
    }
    const [bareMs = NaN, printingMs = NaN, ...rest] = took.map(median);
    return { bareMs, printingMs, script: figuresOf(rest.slice(0, 3)), binary: figuresOf(rest.slice(3)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const verbsOf = (...command: readonly string[]): string[][] => [
  [...command, "--help"],
  [...command, "status"],
  [...command, "complete", "--", "status", ""],
];

/** In the order of `verbsOf`. */
const figuresOf = ([helpMs = NaN, statusMs = NaN, completeMs = NaN]: readonly number[]): CommandFigures => ({
  helpMs,
  statusMs,
  completeMs,
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function renderStart(figures: StartFigures): string {
  const row = (name: string, ms: number): string =>
    `${name.padEnd(24)}${ms.toFixed(1).padStart(6)} ms, ${(ms / figures.bareMs).toFixed(2)} × bare`;
  const rows = ({ helpMs, statusMs, completeMs }: CommandFigures): string[] => [
    row("  --help", helpMs),
    row("  status", statusMs),
    row("  completion of a word", completeMs),
  ];
  return [
    "commands that need no machine",
    row("Node, nothing", figures.bareMs),
    row("Node, prints a line", figures.printingMs),
    "script",
    ...rows(figures.script),
    "single binary",
    ...rows(figures.binary),
    "",
  ].join("\n");
}
