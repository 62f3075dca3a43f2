import { setTimeout as delay } from "node:timers/promises";
import { askAgent } from "../harness/agent.ts";
import { binaryFile, cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";
import { type ProcessWork, readMemoryMiB, readWork } from "./host-part.ts";

const settleMs = 30_000;
const watchedMs = 60_000;

export interface AgentFigures {
  /** Memory of the agent when nothing happens in its machine; PSS counts by halves what two processes share. */
  residentMiB: number;
  proportionalMiB: number;
  /** Of the agent over a minute. */
  cpuMs: number;
  wakeUps: number;
}
/** Of the two forms in which people have the command. */
export type IdleFigures = Record<keyof typeof commands, AgentFigures>;

const commands = { script: [process.execPath, cliFile], binary: [binaryFile] } as const;

/** The host agent of a machine that has started and does nothing. */
export async function benchIdle(log: (line: string) => void): Promise<IdleFigures> {
  await using box = await makeSandbox();
  const script = await watch(box, commands.script, log);
  await box.ok("down");
  const binary = await watch(box, commands.binary, log);
  return { script, binary };
}

async function watch(
  box: Sandbox,
  [program, ...args]: readonly [string, ...string[]],
  log: (line: string) => void,
): Promise<AgentFigures> {
  log(`${program}: up, then half a minute of peace`);
  await readFromDisk(program);
  await must(program, [...args, "up"], { env: box.env });
  const { pid } = await askAgent(box, "agent.status", {});
  await delay(settleMs);
  log("a minute");
  const before = readWork(pid);
  await delay(watchedMs);
  const { cpuMs, wakeUps } = difference(readWork(pid), before);
  return { ...readMemoryMiB(pid), cpuMs, wakeUps };
}

/**
 * A file that was just written is in the kernel's cache in pieces of up to 2 MiB, each of which is counted whole where a page of it is used.
 * One that the kernel reads, as after any start of the host, is in small ones. As dd(1) has it: drops the cache of a file, but what
 * some process uses.
 */
async function readFromDisk(file: string): Promise<void> {
  await must("dd", [`if=${file}`, "iflag=nocache", "count=0"]);
}

const difference = (after: ProcessWork, before: ProcessWork): ProcessWork => ({
  cpuMs: after.cpuMs - before.cpuMs,
  wakeUps: after.wakeUps - before.wakeUps,
});

export function renderIdle(figures: IdleFigures): string {
  const lines = Object.entries(figures).flatMap(([kind, { residentMiB, proportionalMiB, cpuMs, wakeUps }]) => [
    `host agent of an idle machine, ${kind}`,
    `memory              ${residentMiB.toFixed(1)} MiB resident, ${proportionalMiB.toFixed(1)} MiB proportional`,
    `CPU in a minute     ${cpuMs.toFixed(1)} ms, ${((100 * cpuMs) / watchedMs).toFixed(3)} %`,
    `wake-ups            ${(wakeUps / (watchedMs / 1000)).toFixed(2)} a second`,
    "",
  ]);
  return lines.join("\n");
}
