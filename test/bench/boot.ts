import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestEvent } from "@boot2docker/protocol";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { bootFloor } from "./floor.ts";
import { commandCpuMs, processCpuMs } from "./host-part.ts";

/**
 * One instruction of the guest is one nanosecond of its clock, whatever else the host does; idle time is real time.
 * So a boot has the same figures twice, and "1-GIPS seconds" compare with those of other days and machines.
 */
const countInstructions = ["-smp", "1", "-icount", "shift=0,sleep=on"];

export interface BootFigures {
  /** 1-GIPS seconds from the kernel's start to the engine's first answer; the data disk was blank before the first boot. */
  guestFirstSeconds: number;
  guestSeconds: number;
  floorSeconds: number;
  /** `guestSeconds / floorSeconds`. */
  ratio: number;
  phases: { name: string; startSeconds: number; seconds: number }[];
  floorPhases: Record<string, number>;
  /** User and system time of our own processes, without QEMU; `agent` is what the agent took until `up` had ended. */
  hostMs: { up: number; agent: number; status: number };
}

export async function benchBoot(log: (line: string) => void): Promise<BootFigures> {
  await using box = await makeSandbox();
  slowQemu(box);
  await box.ok("init", "--cpus", "1", "--memory", "2048");
  log("first boot, blank data disk");
  await box.ok("up");
  const first = await bootEvents(box);
  await box.ok("down");
  log("second boot");
  const up = await commandCpuMs(box, ["up"]);
  const { pid } = await askAgent(box, "agent.status", {});
  const hostMs = { up, agent: processCpuMs(pid), status: await commandCpuMs(box, ["status"]) };
  const second = await bootEvents(box);
  await box.ok("down");
  log("floor: the same kernel, root and disk, a shell script as init");
  const floor = await bootFloor(box, countInstructions);
  const guestSeconds = answeredAt(second);
  const floorSeconds = floor["engine"] ?? Number.NaN;
  return {
    guestFirstSeconds: answeredAt(first),
    guestSeconds,
    floorSeconds,
    ratio: guestSeconds / floorSeconds,
    phases: phasesOf(second),
    floorPhases: floor,
    hostMs,
  };
}

/** The command finds a `qemu-system-x86_64` that adds the counting of instructions: the machine is otherwise a user's. */
function slowQemu(box: Sandbox): void {
  const folder = join(box.root, "bin");
  const wrapper = join(folder, "qemu-system-x86_64");
  mkdirSync(folder);
  writeFileSync(wrapper, `#!/bin/sh\nexec /usr/bin/qemu-system-x86_64 "$@" ${countInstructions.join(" ")}\n`);
  chmodSync(wrapper, 0o755);
  box.env["PATH"] = `${folder}:${box.env["PATH"] ?? ""}`;
}

async function bootEvents(box: Sandbox): Promise<GuestEvent[]> {
  return (await askAgent(box, "events.since", { sequence: 0 })).events;
}

/** The end of the phase `engine`: dockerd has answered `_ping`. */
function answeredAt(events: readonly GuestEvent[]): number {
  const phase = phasesOf(events).find(({ name }) => name === "engine");
  if (phase === undefined) throw new Error(`no engine among ${events.map(({ name }) => name).join(" ")}`);
  return phase.startSeconds + phase.seconds;
}

/** `phase.done` carries its duration; its start is its end less that. */
function phasesOf(events: readonly GuestEvent[]): BootFigures["phases"] {
  return events.flatMap(({ name, uptimeMs, fields }) => {
    const { phase, durationMs } = fields;
    if (name !== "phase.done" || typeof phase !== "string" || typeof durationMs !== "number") return [];
    return [{ name: phase, startSeconds: (uptimeMs - durationMs) / 1000, seconds: durationMs / 1000 }];
  });
}
