import { setTimeout as delay } from "node:timers/promises";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox } from "../harness/machine.ts";
import { type ProcessWork, readMemoryMiB, readWork } from "./host-part.ts";

const settleMs = 30_000;
const watchedMs = 60_000;

export interface IdleFigures {
  /** Memory of the agent when nothing happens in its machine; PSS counts by halves what two processes share. */
  residentMiB: number;
  proportionalMiB: number;
  /** Of the agent over a minute. */
  cpuMs: number;
  wakeUps: number;
}

/** The host agent of a machine that has started and does nothing. */
export async function benchIdle(log: (line: string) => void): Promise<IdleFigures> {
  await using box = await makeSandbox();
  log("first boot, then half a minute of peace");
  await box.ok("up");
  const { pid } = await askAgent(box, "agent.status", {});
  await delay(settleMs);
  log("a minute");
  const before = readWork(pid);
  await delay(watchedMs);
  const { cpuMs, wakeUps } = difference(readWork(pid), before);
  return { ...readMemoryMiB(pid), cpuMs, wakeUps };
}

const difference = (after: ProcessWork, before: ProcessWork): ProcessWork => ({
  cpuMs: after.cpuMs - before.cpuMs,
  wakeUps: after.wakeUps - before.wakeUps,
});

export function renderIdle({ residentMiB, proportionalMiB, cpuMs, wakeUps }: IdleFigures): string {
  const share = (100 * cpuMs) / watchedMs;
  return [
    "host agent of an idle machine",
    `memory              ${residentMiB.toFixed(1)} MiB resident, ${proportionalMiB.toFixed(1)} MiB proportional`,
    `CPU in a minute     ${cpuMs.toFixed(1)} ms, ${share.toFixed(3)} %`,
    `wake-ups            ${(wakeUps / (watchedMs / 1000)).toFixed(2)} a second`,
    "",
  ].join("\n");
}
