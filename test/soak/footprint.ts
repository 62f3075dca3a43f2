import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Footprint {
  openFiles: number;
  residentMiB: number;
}

/** Pids of the processes that carry ports of a sandbox's machine. */
export function findProcesses(root: string): Record<"agent" | "carrier" | "QEMU", number> {
  const find = (pattern: string): number => {
    const [pid] = execFileSync("pgrep", ["-f", pattern], { encoding: "utf8" }).split("\n");
    return Number(pid);
  };
  const qemu = find(`qemu-system.*${root}`);
  const carrier = find(`ControlPath=${root}`);
  const agent = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => isAgentOf(pid, root));
  if (agent === undefined) throw new Error("the host agent does not run");
  return { agent, carrier, QEMU: qemu };
}

function isAgentOf(pid: number, root: string): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return (
      line.includes("\0agent\0") && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`BOOT2DOCKER_DIR=${root}`)
    );
  } catch {
    return false; // It ended meanwhile.
  }
}

/** Of each process, by its name. See proc(5). */
export function readFootprint(pids: Readonly<Record<string, number>>): Record<string, Footprint> {
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return [
        name,
        { openFiles: readdirSync(`/proc/${pid}/fd`).length, residentMiB: Math.round(Number(resident) / 1024) },
      ];
    }),
  );
}
