import type { GuestEvent } from "@boot2docker/protocol";
import { openEvents } from "./events.ts";
import { namedMachine, runningStatus } from "./machines.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

const barColumns = 40;

/** A phase of the guest's plan. Times are since its kernel started. */
interface BootPhase {
  name: string;
  startMs: number;
  durationMs: number;
  /** Why it did not do what it is for. */
  failure?: string;
}

export const timeline = verb({
  aliases: [],
  summary: "print what took how long in the last start of a machine",
  details:
    "The phases of its start in the order in which they began, in seconds since its kernel started; docs/boot.md says what each is. " +
    "Docker answers when the phase engine ends.",
  operands: [machineOperand],
  options: jsonOption,
  async run(context, { operands, options }) {
    const { ui, signal } = context;
    const machine = await namedMachine(context, operands);
    await runningStatus(context, machine);
    await using source = await openEvents(context, machine.name);
    const { events, lost } = await source.since(0, signal);
    const phases = bootPhases(events);
    if (options.json) {
      ui.json({ name: machine.name, phases });
      return;
    }
    if (lost > 0) ui.say(`${lost} events are forgotten, and with them what came first`);
    ui.table(["PHASE", "FROM", "TOOK", ""], renderPhases(phases));
  },
});

/** The first of each name: what is done again later is no part of the start. */
function bootPhases(events: readonly GuestEvent[]): BootPhase[] {
  const phases = new Map<string, BootPhase>();
  for (const { name, uptimeMs, fields } of events) {
    const { phase, durationMs, reason } = fields;
    if (name !== "phase.done" && name !== "phase.failed") continue;
    if (typeof phase !== "string" || typeof durationMs !== "number" || phases.has(phase)) continue;
    const failure = typeof reason === "string" ? { failure: reason } : {};
    phases.set(phase, { name: phase, startMs: Math.max(0, uptimeMs - durationMs), durationMs, ...failure });
  }
  return [...phases.values()].sort((a, b) => a.startMs - b.startMs);
}

/** The last column is drawn to scale. */
function renderPhases(phases: readonly BootPhase[]): string[][] {
  const endMs = Math.max(1, ...phases.map(({ startMs, durationMs }) => startMs + durationMs));
  const column = (ms: number): number => Math.round((barColumns * ms) / endMs);
  return phases.map(({ name, startMs, durationMs, failure }) => {
    const from = Math.min(column(startMs), barColumns - 1);
    const bar = `${" ".repeat(from)}${"#".repeat(Math.max(1, column(startMs + durationMs) - from))}`;
    return [name, seconds(startMs), seconds(durationMs), failure === undefined ? bar : `${bar} failed: ${failure}`];
  });
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2).padStart(6);
