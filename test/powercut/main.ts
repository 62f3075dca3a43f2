import { randomInt } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder } from "@boot2docker/debian";
import { imageFolder } from "../harness/machine.ts";
import { copySparse, makePowerCutMachine, type PowerCutMachine } from "./machine.ts";
import { seededRandom } from "./random.ts";
import { type Point, record, replay } from "./replay.ts";
import { cutFirstFormat, cutGrowth, cutWork, type Round } from "./rounds.ts";
import { type Acknowledged, workloads, type WorkloadName } from "./workloads.ts";

const usage = `pnpm test:powercut [-n CUTS] [--replay POINTS]

Cuts the power of a real machine until its image has been through CUTS cuts (10), and cuts a recorded life of a machine at
POINTS points (0), which are checked without a VM. Each cut has a seed of its own. What was done before is in a report in
the cache directory and counts: call it again to go on. Exit code 1 when a cut lost something; the disk of a cut that did
is kept beside the report.`;

const diskMiB = 2048;
/** Then another machine, and with it another first format. */
const roundsPerMachine = 6;

const { values } = parseArgs({
  options: {
    cuts: { type: "string", short: "n", default: "10" },
    replay: { type: "string", default: "0" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const folder = cacheFolder(join("powercut", imageName()));
  mkdirSync(folder, { recursive: true });
  const cuts = await cutMachines(folder, wholeNumber(values.cuts));
  const points = await cutRecording(folder, wholeNumber(values.replay));
  process.stdout.write(renderSummary(cuts, points));
  if ([...cuts, ...points].some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

async function cutMachines(folder: string, wanted: number): Promise<Round[]> {
  const report = openReport<Round>(join(folder, "cuts.jsonl"));
  while (report.rows.length < wanted) {
    await using machine = await makePowerCutMachine(diskMiB);
    await cutOneMachine(machine, Math.min(roundsPerMachine, wanted - report.rows.length), async (round) => {
      report.add(round);
      say(renderRound(round));
      if (round.problems.length > 0) await copySparse(machine.disk, join(folder, `disk-${String(round.seed)}.raw`));
    });
  }
  return report.rows;
}

/** A first format, then work; ends at the first loss, since what comes after it proves nothing. */
async function cutOneMachine(
  machine: PowerCutMachine,
  count: number,
  done: (round: Round) => Promise<void>,
): Promise<void> {
  const names = [...(Object.keys(workloads) as WorkloadName[]), "growth"] as const; // Its own keys.
  const known: Acknowledged[] = [];
  const cutSomething = (index: number, seed: number, random: () => number): Promise<Round> => {
    if (index === 0) return cutFirstFormat(machine, seed, random);
    const name = names[Math.floor(random() * names.length)] ?? "growth";
    return name === "growth" ? cutGrowth(machine, known, seed, random) : cutWork(machine, name, known, seed, random);
  };
  for (let index = 0; index < count; index += 1) {
    const seed = randomInt(2 ** 32);
    const round = await cutSomething(index, seed, seededRandom(seed));
    await done(round);
    if (round.problems.length > 0) return;
  }
}

async function cutRecording(folder: string, wanted: number): Promise<Point[]> {
  const report = openReport<Point>(join(folder, "points.jsonl"));
  const missing = wanted - report.rows.length;
  if (missing <= 0) return report.rows;
  const recording = join(folder, "recording");
  await record(recording, { diskMiB, workMs: 20_000, rounds: 2 }, say);
  let done = 0;
  for await (const point of replay(recording, missing, report.rows.length)) {
    report.add(point);
    done += 1;
    if (point.problems.length > 0) say(renderPoint(point));
    if (done % 50 === 0) say(`${String(done)} of ${String(missing)} points replayed`);
  }
  return report.rows;
}

interface Report<Row> {
  readonly rows: Row[];
  add(row: Row): void;
}

/** A file of JSON lines, which a run that is ended leaves as it is. */
function openReport<Row>(path: string): Report<Row> {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const rows = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Row); // Our own lines.
  return {
    rows,
    add(row) {
      rows.push(row);
      appendFileSync(path, `${JSON.stringify(row)}\n`);
    },
  };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new Error(`${text}: expected a whole number`);
  return Number(text);
}

function say(line: string): void {
  process.stderr.write(`powercut: ${line}\n`);
}

/** Reports of different images are not added up. */
function imageName(): string {
  const manifest = JSON.parse(readFileSync(join(imageFolder, "manifest.json"), "utf8")) as {
    files: { root: { sha256: string } };
  };
  return manifest.files.root.sha256.slice(0, 16);
}

function renderRound({ what, ...round }: Round): string {
  return `${what.padEnd(12)} ${renderPoint(round)}`;
}

function renderPoint({ seed, position, keptBlocks, lostBlocks, acknowledged, problems }: Point): string {
  const blocks = `${String(lostBlocks)} of ${String(keptBlocks + lostBlocks)} unflushed blocks lost`;
  const outcome = problems.length === 0 ? `${String(acknowledged)} acknowledged, all there` : problems.join("\n  ");
  return `seed ${String(seed).padStart(10)}, after ${String(position)} requests, ${blocks}: ${outcome}`;
}

function renderSummary(cuts: readonly Round[], points: readonly Point[]): string {
  const kinds = [...new Set(cuts.map(({ what }) => what))].toSorted();
  const rows = kinds.map((kind) =>
    renderRow(
      kind,
      cuts.filter(({ what }) => what === kind),
    ),
  );
  return [...rows, renderRow("all cuts", cuts), renderRow("replayed", points), ""].join("\n");
}

function renderRow(name: string, points: readonly Point[]): string {
  const sum = (of: (point: Point) => number): string => String(points.reduce((total, point) => total + of(point), 0));
  const bad = points.filter(({ problems }) => problems.length > 0).length;
  return [
    name.padEnd(14),
    `${String(points.length).padStart(6)} cuts`,
    `${sum(({ lostBlocks }) => lostBlocks).padStart(9)} blocks lost`,
    `${sum(({ acknowledged }) => acknowledged).padStart(9)} acknowledged`,
    `${String(bad).padStart(4)} failed`,
  ].join("  ");
}

await main();
