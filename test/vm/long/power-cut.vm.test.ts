import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makePowerCutMachine } from "../../powercut/machine.ts";
import { seededRandom } from "../../powercut/random.ts";
import { record, replay } from "../../powercut/replay.ts";
import { cutFirstFormat, cutGrowth, cutWork } from "../../powercut/rounds.ts";
import type { Acknowledged } from "../../powercut/workloads.ts";

/** A few of each kind; `pnpm test:powercut` does as many as one wants, docs/power-cuts.md tells what it found. */
const diskMiB = 2048;
const limitMs = 900_000;

test(
  "a power cut during the first format, work, or growth: nothing that was acknowledged is lost",
  async () => {
    await using machine = await makePowerCutMachine(diskMiB);
    const known: Acknowledged[] = [];
    expect(await cutFirstFormat(machine, 1, seededRandom(1))).toMatchObject({ problems: [] });
    expect(await cutWork(machine, "import", known, 2, seededRandom(2))).toMatchObject({ problems: [] });
    expect(await cutWork(machine, "database", known, 3, seededRandom(3))).toMatchObject({ problems: [] });
    expect(await cutGrowth(machine, known, 4, seededRandom(4))).toMatchObject({ problems: [] });
    expect(known.length).toBeGreaterThan(0);
  },
  limitMs,
);

test(
  "a power cut at any point of a recorded life: nothing that was acknowledged is lost",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "b2d-replay-"));
    try {
      await record(join(folder, "recording"), { diskMiB, workMs: 8_000, rounds: 1 }, () => undefined);
      for await (const { seed, position, problems } of replay(join(folder, "recording"), 60, 1)) {
        expect({ seed, position, problems }).toEqual({ seed, position, problems: [] }); // Says what is lost.
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  limitMs,
);
