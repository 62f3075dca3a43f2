import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { unpackGuestPrograms } from "../harness/guest-programs.ts";
import { checkDiskImage } from "./check-image.ts";
import { type Cut, DiskHistory } from "./cut.ts";
import { copySparse, makePowerCutMachine, type PowerCutMachine, type Supply } from "./machine.ts";
import { seededRandom } from "./random.ts";
import { growthBytes } from "./rounds.ts";
import { type Acknowledged, prepareWorkloads, type WorkloadName, workloads } from "./workloads.ts";
import { Image, WriteLog } from "./write-log.ts";

/** A machine's whole life so far, as its disk saw it: from the first format through all workloads to its growth. */
interface Recording {
  /** Requests to the disk, and which of them was the first after it was made larger. */
  count: number;
  grownAt: number;
  /** With the number of requests by then. */
  acknowledged: { position: number; what: Acknowledged }[];
  /** SHA-256 of every file that was put into a layer. */
  payloads: string[];
}

const growthShare = 0.15;

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
  const recording: Recording = { count: 0, grownAt: 0, acknowledged: [], payloads: [] };
  {
    await using supply = await machine.plugIn();
    say("recording the first boot");
    await box.ok("up");
    await prepareWorkloads(box);
    for (let round = 0; round < rounds; round += 1) {
      for (const name of Object.keys(workloads) as WorkloadName[]) {
        say(`recording ${name}`);
        await recordWork(name, workMs, String(round), machine, supply, recording);
      }
    }
    await box.ok("down");
    recording.grownAt = supply.log.count;
  }
  say("recording growth");
  const sizeBytes = diskMiB * 2 ** 20 + growthBytes;
  await box.ok("disk", "grow", String(sizeBytes / 2 ** 20));
  await using supply = await machine.plugIn("append");
  supply.log.append({ kind: "grow", sizeBytes });
  await box.ok("up");
  await box.ok("down");
  recording.count = supply.log.count;
  copyFileSync(supply.logPath, join(fresh, "writes.log"));
  writeFileSync(join(fresh, "recording.json"), JSON.stringify(recording));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

async function recordWork(
  name: WorkloadName,
  workMs: number,
  round: string,
  { box }: PowerCutMachine,
  supply: Supply,
  recording: Recording,
): Promise<void> {
  const end = new AbortController();
  const working = workloads[name]({
    box,
    round: `${name}-${round}`,
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

/** Cuts the recorded life at `count` places, each a seed from `firstSeed` on, and checks what is left. */
export async function* replay(folder: string, count: number, firstSeed: number): AsyncGenerator<Point> {
  const recording = JSON.parse(readFileSync(join(folder, "recording.json"), "utf8")) as Recording; // Our own file.
  const payloads = new Set(recording.payloads);
  const log = new WriteLog(join(folder, "writes.log"), "read");
  const flushed = join(folder, "flushed.raw");
  const scratch = join(folder, "scratch.raw");
  using guest = await unpackGuestPrograms();
  await copySparse(join(folder, "before.raw"), flushed);
  const image = new Image(flushed);
  const history = new DiskHistory(image, log);
  // The seed alone says where and what: a point can be had again without the others.
  const points = Array.from({ length: count }, (_, index) => {
    const random = seededRandom(firstSeed + index);
    const { count: most, grownAt } = recording;
    // Growth is short, and as dangerous as all else.
    const least = random() < growthShare ? grownAt : 0;
    return { seed: firstSeed + index, position: least + Math.floor(random() * (most - least)), random };
  }).toSorted((one, other) => one.position - other.position);
  try {
    for (const { seed, position, random } of points) {
      history.advanceTo(position);
      await copySparse(flushed, scratch);
      const left = new Image(scratch);
      const cut = history.cut(left, random);
      left.close();
      const acknowledged = recording.acknowledged.filter((one) => one.position <= position).map(({ what }) => what);
      const problems = await checkDiskImage(scratch, acknowledged, payloads, guest);
      yield { seed, ...cut, acknowledged: acknowledged.length, problems };
    }
  } finally {
    image.close();
    log.close();
    for (const path of [flushed, scratch]) rmSync(path, { force: true });
  }
}
