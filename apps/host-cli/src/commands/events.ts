import type { GuestEvent } from "@boot2docker/protocol";
import { exitCodes, NobodyReads, usageError } from "../errors.ts";
import type { EventSource } from "./follow-events.ts";
import { namedMachine, runningStatus } from "./machines.ts";
import { type Context, jsonOption, machineOperand, verb } from "./verb.ts";

/** Whether or not anything was announced. */
const lookMs = 5_000;

export const events = verb({
  aliases: [],
  summary: "print what happened in a machine since it was started",
  details:
    "Each event has a number, which counts from 1 at each start of the machine. --since goes on behind one; what the machine has " +
    "forgotten by then is told as lost. --follow goes on until Ctrl-C, or until the machine is off.",
  examples: ["boot2docker events --follow", "boot2docker events --json --since 120"],
  operands: [machineOperand],
  options: {
    ...jsonOption,
    follow: { flags: "-f, --follow", summary: "go on as things happen, until Ctrl-C" },
    since: { flags: "--since <number>", summary: "only those behind this one" },
  },
  async run(context, { operands, options }) {
    const { host, ui, signal } = context;
    const how = { since: parseSince(options.since), isFollowing: options.follow === true };
    const machine = await namedMachine(context, operands);
    await runningStatus(context, machine);
    const { followEvents } = await import("./follow-events.ts");
    await using source = await openEvents(context, machine.name);
    try {
      for await (const entry of followEvents(source, how, host.clock, signal)) {
        if (options.json) ui.json(entry);
        else if ("lost" in entry) ui.say(`${entry.lost} events are forgotten`);
        else ui.result(render(entry));
      }
      return 0;
    } catch (error) {
      // Ctrl-C is how following ends: nothing to be said about.
      if (how.isFollowing && signal.aborted && !(signal.reason instanceof NobodyReads)) return exitCodes.interrupted;
      throw error;
    }
  },
});

function parseSince(text = "0"): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`--since ${text}: expected the number of an event`, "For example: boot2docker events --since 120");
}

/** Of a machine that runs. */
export async function openEvents(context: Context, name: string): Promise<EventSource & AsyncDisposable> {
  const { clock } = context.host;
  let changed = Promise.withResolvers<undefined>();
  const { openAgentLine } = await import("./agent-line.ts");
  const line = await openAgentLine(context, name, () => changed.resolve(undefined));
  return {
    since: (sequence) => {
      changed = Promise.withResolvers(); // Before the question, so that nothing falls between.
      return line.ask((agent, limit) => agent.call("events.since", { sequence }, limit));
    },
    lastSequence: async () => (await line.ask((agent, limit) => agent.call("state.get", {}, limit))).sequence,
    change: async (waits) => {
      await Promise.race([changed.promise, clock.delay(lookMs, waits)]);
    },
    isOn: () => line.isOn(),
    onAway: () => line.onAway(),
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };
}

/** A line: when, its number, its name and what belongs to it. */
function render({ at, sequence, name, fields }: GuestEvent): string {
  const more = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
  return [at, String(sequence).padStart(5), name, ...more].join(" ");
}
