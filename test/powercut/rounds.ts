import { readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { hostOf } from "../harness/agent.ts";
import { unpackGuestPrograms } from "../harness/guest-programs.ts";
import { checkFileSystem, checkMachine } from "./check-machine.ts";
import type { Cut } from "./cut.ts";
import type { PowerCutMachine, Supply } from "./machine.ts";
import type { Point } from "./replay.ts";
import { type Acknowledged, prepareWorkloads, type WorkloadName, workloads } from "./workloads.ts";

export interface Round extends Point {
  what: WorkloadName | "first-format" | "growth";
}

/** So many requests are sent to the disk by about the time at which `up` returns: by a first boot, by one that grows it. */
const firstBootRequests = 400;
const growthRequests = { least: 200, most: 340 } as const;
export const growthBytes = 512 * 2 ** 20;
const workMs = { least: 2_000, most: 15_000 } as const;
const pollMs = 5;

/** The power goes while the disk is made and the engine starts for the first time. The machine is stopped afterwards. */
export async function cutFirstFormat(machine: PowerCutMachine, seed: number, random: () => number): Promise<Round> {
  const cut = await cutBoot(machine, Math.floor(random() * firstBootRequests), random);
  const problems = await inspectAfterCut(machine, [], () => prepareWorkloads(machine.box));
  return { seed, what: "first-format", ...cut, acknowledged: 0, problems };
}

/** The power goes while a larger disk gets a larger file system. Stopped before and afterwards. */
export async function cutGrowth(
  machine: PowerCutMachine,
  known: readonly Acknowledged[],
  seed: number,
  random: () => number,
): Promise<Round> {
  const sizeBytes = statSync(machine.disk).size + growthBytes;
  await machine.box.ok("disk", "grow", String(sizeBytes / 2 ** 20));
  const { least, most } = growthRequests;
  const cut = await cutBoot(machine, least + Math.floor(random() * (most - least)), random);
  const problems = await inspectAfterCut(machine, known, async () => undefined);
  return { seed, what: "growth", ...cut, acknowledged: 0, problems };
}

/** The power goes after that many requests, or when `up` has returned. */
async function cutBoot(machine: PowerCutMachine, position: number, random: () => number): Promise<Cut> {
  return await withPower(machine, async (supply) => {
    const up = machine.box.cli("up");
    const isOver = up.then(() => true);
    while (supply.log.count < position) {
      if (await Promise.race([isOver, delay(pollMs, false)])) break; // It wrote less.
    }
    const left = await supply.cut(random);
    await up;
    return left;
  });
}

/** The power goes in the middle of some work; `known` is what the machine had before and grows. Stopped afterwards. */
export async function cutWork(
  machine: PowerCutMachine,
  what: WorkloadName,
  known: Acknowledged[],
  seed: number,
  random: () => number,
): Promise<Round> {
  const { box } = machine;
  const before = known.length;
  const cut = await withPower(machine, async (supply) => {
    await box.ok("up");
    const power = new AbortController();
    let isOn = true;
    const acknowledge = (told: Acknowledged): void => {
      // What the client says after the cut it may have heard before: that is not known, so it does not count.
      if (isOn) known.push(told);
    };
    const work = workloads[what]({
      box,
      signal: power.signal,
      acknowledge,
      made: () => undefined,
      round: String(seed),
    });
    const failed = work.then(
      () => undefined,
      (error: unknown) => error,
    );
    const early = await Promise.race([failed, delay(workMs.least + random() * (workMs.most - workMs.least))]);
    if (early !== undefined) throw new Error(`${what} failed before the power went`, { cause: early });
    isOn = false;
    const left = await supply.cut(random);
    power.abort(new Error("the power is gone"));
    await failed;
    return left;
  });
  const problems = await inspectAfterCut(machine, known, async () => undefined);
  return { seed, what, ...cut, acknowledged: known.length - before, problems };
}

async function withPower(machine: PowerCutMachine, work: (supply: Supply) => Promise<Cut>): Promise<Cut> {
  await using supply = await machine.plugIn();
  return await work(supply);
}

async function inspectAfterCut(
  machine: PowerCutMachine,
  known: readonly Acknowledged[],
  goOn: () => Promise<void>,
): Promise<string[]> {
  const { box, disk } = machine;
  const supply = await machine.plugIn();
  try {
    const up = await box.cli("up");
    if (up.code !== 0)
      return [`up: ${up.stderr.trim()}`, readFileSync(hostOf(box).dir.consoleLog, "utf8").slice(-8000)];
    const problems = await checkMachine(box, known);
    if (problems.length === 0) await goOn();
    await box.ok("down");
    using guest = await unpackGuestPrograms();
    return [...problems, ...(await checkFileSystem(disk, guest))];
  } finally {
    await supply[Symbol.asyncDispose]();
  }
}
