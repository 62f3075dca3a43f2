import { readdirSync, readFileSync } from "node:fs";
import { cliFile, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

/** User and system milliseconds of one command, its own children included, what it left running not. */
export async function commandCpuMs(box: Sandbox, args: readonly string[]): Promise<number> {
  // POSIX `times` prints two lines of "user system" in minutes and seconds: the shell's own, then its children's.
  const script = '"$@" >/dev/null 2>&1 || exit; times';
  const said = await must("sh", ["-c", script, "sh", process.execPath, cliFile, ...args], { env: box.env });
  const children = said.trim().split("\n").at(-1) ?? "";
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000,
    0,
  );
}

/** User and system milliseconds of a living process since its start (proc(5), fields 14 and 15 of stat). */
export function processCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticksPerSecond = 100;
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

export interface ProcessWork {
  cpuMs: number;
  /** How often one of its threads went on after a wait. */
  wakeUps: number;
}

/** Of a living process since its start, finer than `processCpuMs`: schedstat counts nanoseconds. */
export function readWork(pid: number): ProcessWork {
  const threads = readdirSync(`/proc/${String(pid)}/task`).map((thread) => `/proc/${String(pid)}/task/${thread}`);
  const sum = (file: string, pattern: RegExp): number =>
    threads.reduce((total, thread) => total + figure(`${thread}/${file}`, pattern), 0);
  return { cpuMs: sum("schedstat", /^(\d+)/) / 1e6, wakeUps: sum("status", /^voluntary_ctxt_switches:\s+(\d+)/m) };
}

export function readMemoryMiB(pid: number): { residentMiB: number; proportionalMiB: number } {
  return {
    residentMiB: figure(`/proc/${String(pid)}/status`, /^VmRSS:\s+(\d+) kB/m) / 1024,
    proportionalMiB: figure(`/proc/${String(pid)}/smaps_rollup`, /^Pss:\s+(\d+) kB/m) / 1024,
  };
}

/** See proc(5). */
function figure(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, "utf8"))?.[1]);
}
