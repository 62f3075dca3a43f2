import { readFileSync } from "node:fs";
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
