import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cliFile } from "../harness/machine.ts";
import { run } from "../harness/run.ts";

const times = 30;

/** Median time of commands that need no machine, in ms, beside a Node that does nothing and one that prints a line. */
export interface StartFigures {
  bareMs: number;
  printingMs: number;
  helpMs: number;
  statusMs: number;
  completeMs: number;
  /** `--help` ÷ bare. */
  helpRatio: number;
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
    const commands = {
      bareMs: [bare],
      printingMs: [printing],
      helpMs: [cliFile, "--help"],
      statusMs: [cliFile, "status"],
      completeMs: [cliFile, "complete", "--", "status", ""],
    };
    const took: Record<keyof typeof commands, number[]> = {
      bareMs: [],
      printingMs: [],
      helpMs: [],
      statusMs: [],
      completeMs: [],
    };
    log(`${times} rounds`);
    // In turn, so that what else the computer does meets all of them.
    for (let round = 0; round < times; round += 1) {
      for (const [name, args] of Object.entries(commands)) {
        const from = performance.now();
        await run(process.execPath, args, { env });
        took[name as keyof typeof commands].push(performance.now() - from); // Object.entries forgets the keys.
      }
    }
    const figures = {
      bareMs: median(took.bareMs),
      printingMs: median(took.printingMs),
      helpMs: median(took.helpMs),
      statusMs: median(took.statusMs),
      completeMs: median(took.completeMs),
    };
    return { ...figures, helpRatio: figures.helpMs / figures.bareMs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function renderStart(figures: StartFigures): string {
  const row = (name: string, ms: number): string =>
    `${name.padEnd(24)}${ms.toFixed(1).padStart(6)} ms, ${(ms / figures.bareMs).toFixed(2)} × bare`;
  return [
    "commands that need no machine",
    row("Node, nothing", figures.bareMs),
    row("Node, prints a line", figures.printingMs),
    row("--help", figures.helpMs),
    row("status", figures.statusMs),
    row("completion of a word", figures.completeMs),
    "",
  ].join("\n");
}
