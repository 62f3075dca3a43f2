import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { hostOf } from "../harness/agent.ts";
import { checkFileSystem, checkMachine } from "./check-machine.ts";
import type { Cut } from "./cut.ts";
import type { PowerCutMachine, Supply } from "./machine.ts";
import type { Point } from "./replay.ts";
import { type Acknowledged, prepareWorkloads, type WorkloadName, workloads } from "./workloads.ts";

export interface Round extends Point {
  what: WorkloadName | "first-format";
}

/** A first boot writes about so many times until the engine is ready. */
const firstBootWrites = 900;
const workMs = { least: 2_000, most: 15_000 } as const;
const pollMs = 5;

/** The power goes while the disk is made and the engine starts for the first time. The machine is stopped afterwards. */
export async function cutFirstFormat(machine: PowerCutMachine, seed: number, random: () => number): Promise<Round> {
  const position = Math.floor(random() * firstBootWrites);
  const cut = await withPower(machine, async (supply) => {
    const up = machine.box.cli("up");
    const isOver = up.then(() => true);
    while (supply.log.count < position) {
      if (await Promise.race([isOver, delay(pollMs, false)])) break; // It wrote less.
    }
    const left = await supply.cut(random);
    await up;
    return left;
  });
  const problems = await inspectAfterCut(machine, [], () => prepareWorkloads(machine.box));
  return { seed, what: "first-format", ...cut, acknowledged: 0, problems };
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
    return [...problems, ...(await checkFileSystem(disk))];
  } finally {
    await supply[Symbol.asyncDispose]();
  }
}
