import { benchBoot, type BootFigures } from "./boot.ts";
import { benchFolders, renderFolders } from "./folders.ts";
import { benchPorts, renderPorts } from "./ports.ts";
import { benchIdle, renderIdle } from "./idle.ts";
import { benchStart, renderStart } from "./start.ts";

/** `pnpm bench NAME [--json]`: figures on stdout, progress on stderr. */
const benches = {
  boot: async (log: Log) => render(await benchBoot(log), table),
  folders: async (log: Log) => render(await benchFolders(log), renderFolders),
  ports: async (log: Log) => render(await benchPorts(log), renderPorts),
  idle: async (log: Log) => render(await benchIdle(log), renderIdle),
  start: async (log: Log) => render(await benchStart(log), renderStart),
};
type Log = (line: string) => void;

const [name = "", format] = process.argv.slice(2);
const bench = Object.entries(benches).find(([known]) => known === name)?.[1];
if (bench === undefined) {
  process.stderr.write(`usage: pnpm bench ${Object.keys(benches).join("|")} [--json]\n`);
  process.exitCode = 2;
} else {
  const text = await bench((line) => {
    process.stderr.write(`bench: ${line}\n`);
  });
  process.stdout.write(text);
}

function render<Figures>(figures: Figures, asTable: (figures: Figures) => string): string {
  return format === "--json" ? `${JSON.stringify(figures, null, 2)}\n` : asTable(figures);
}

function table(figures: BootFigures): string {
  const seconds = (value: number) => value.toFixed(2).padStart(7);
  const rows = [
    ["guest, first boot (blank disk)", seconds(figures.guestFirstSeconds)],
    ["guest", seconds(figures.guestSeconds)],
    ["floor", seconds(figures.floorSeconds)],
    ["guest ÷ floor", seconds(figures.ratio)],
    ["", ""],
    ...figures.phases.map(({ name: phase, startSeconds, seconds: took }) => [
      `  ${phase}`,
      `${seconds(took)}  from ${startSeconds.toFixed(2)}`,
    ]),
    ...Object.entries(figures.floorPhases).map(([mark, at]) => [`  floor: ${mark}`, `         at ${at.toFixed(2)}`]),
    ["", ""],
    ...Object.entries(figures.hostMs).map(([part, ms]) => [`host, ${part}`, `${ms.toFixed(0).padStart(6)} ms CPU`]),
  ];
  const lines = rows.map(([label = "", value = ""]) => `${label.padEnd(32)}${value}`.trimEnd());
  return `boot, in 1-GIPS seconds\n${lines.join("\n")}\n`;
}
