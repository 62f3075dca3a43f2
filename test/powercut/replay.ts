import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkDiskImage } from "./check-image.ts";
import { type Cut, DiskHistory } from "./cut.ts";
import { copySparse, makePowerCutMachine } from "./machine.ts";
import { seededRandom } from "./random.ts";
import { type Acknowledged, prepareWorkloads, workloads } from "./workloads.ts";
import { Image, WriteLog } from "./write-log.ts";

/** A machine's whole life so far, as its disk saw it: from the first format through all workloads. */
interface Recording {
  sizeBytes: number;
  /** Requests to the disk. */
  count: number;
  /** With the number of requests by then. */
  acknowledged: { position: number; what: Acknowledged }[];
  /** SHA-256 of every file that was put into a layer. */
  payloads: string[];
}

export interface Point extends Cut {
  seed: number;
  /** How many things had to be there afterwards. */
  acknowledged: number;
  /** Empty when nothing was lost. */
  problems: string[];
}

export interface RecordOptions {
  diskMiB: number;
  /** How long each workload works, and how often it has its turn. */
  workMs: number;
  rounds: number;
}

/** Records into `folder`, unless that was done before. */
export async function record(
  folder: string,
  { diskMiB, workMs, rounds }: RecordOptions,
  say: (line: string) => void,
): Promise<void> {
  if (existsSync(join(folder, "recording.json"))) return;
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  await using machine = await makePowerCutMachine(diskMiB);
  const { box } = machine;
  await copySparse(machine.disk, join(fresh, "before.raw"));
  await using supply = await machine.plugIn();
  const recording: Recording = { sizeBytes: diskMiB * 2 ** 20, count: 0, acknowledged: [], payloads: [] };
  say("recording the first boot");
  await box.ok("up");
  await prepareWorkloads(box);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(workloads)) {
      say(`recording ${name}`);
      const end = new AbortController();
      const working = work({
        box,
        round: `${name}-${String(round)}`,
        signal: end.signal,
        acknowledge(what) {
          recording.acknowledged.push({ position: supply.log.count, what });
        },
        made(sha256) {
          recording.payloads.push(sha256);
        },
      });
      const failed = working.then(
        () => undefined,
        (error: unknown) => error,
      );
      const early = await Promise.race([failed, delay(workMs)]);
      if (early !== undefined) throw new Error(`${name} failed`, { cause: early });
      end.abort(new Error("enough"));
      await failed;
    }
  }
  await box.ok("down");
  recording.count = supply.log.count;
  copyFileSync(supply.logPath, join(fresh, "writes.log"));
  writeFileSync(join(fresh, "recording.json"), JSON.stringify(recording));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** Cuts the recorded life at `count` places, each a seed from `firstSeed` on, and checks what is left. */
export async function* replay(folder: string, count: number, firstSeed: number): AsyncGenerator<Point> {
  const recording = JSON.parse(readFileSync(join(folder, "recording.json"), "utf8")) as Recording; // Our own file.
  const payloads = new Set(recording.payloads);
  const log = new WriteLog(join(folder, "writes.log"), "read");
  const flushed = join(folder, "flushed.raw");
  const scratch = join(folder, "scratch.raw");
  await copySparse(join(folder, "before.raw"), flushed);
  const image = new Image(flushed);
  const history = new DiskHistory(image, log);
  // The seed alone says where and what: a point can be had again without the others.
  const points = Array.from({ length: count }, (_, index) => {
    const random = seededRandom(firstSeed + index);
    return { seed: firstSeed + index, position: Math.floor(random() * recording.count), random };
  }).toSorted((one, other) => one.position - other.position);
  try {
    for (const { seed, position, random } of points) {
      history.advanceTo(position);
      await copySparse(flushed, scratch);
      const left = new Image(scratch);
      const cut = history.cut(left, random);
      left.close();
      const acknowledged = recording.acknowledged.filter((one) => one.position <= position).map(({ what }) => what);
      const problems = await checkDiskImage(scratch, acknowledged, payloads);
      yield { seed, ...cut, acknowledged: acknowledged.length, problems };
    }
  } finally {
    image.close();
    log.close();
    for (const path of [flushed, scratch]) rmSync(path, { force: true });
  }
}
