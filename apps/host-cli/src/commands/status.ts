import { exitCodes } from "../errors.ts";
import type { Machine, MachineConfig, MachineStatus } from "../machine/machine.ts";
import { namedMachine } from "./machines.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

export const status = verb({
  aliases: [],
  summary: "say how a machine is, in one word",
  details:
    "absent, stopped, starting, running, degraded, stopping or unreachable; what is wrong goes to stderr. Exit code 0 when " +
    "Docker is there for use, 3 when it is not.",
  operands: [machineOperand],
  options: jsonOption,
  async run(context, { operands, options }) {
    const { ui, signal } = context;
    const machine = await namedMachine(context, operands);
    const described = await describeStatus(machine, signal);
    if (options.json) ui.result(JSON.stringify(described));
    else {
      ui.result(described.state);
      for (const line of explain(described)) ui.say(line);
    }
    return isServing(described) ? 0 : exitCodes.notRunning;
  },
});

/** What `--json` prints: the observed state, and the settings when there is a machine. */
export type DescribedStatus = { name: string; config?: MachineConfig } & MachineStatus;

export async function describeStatus(machine: Machine, signal: AbortSignal): Promise<DescribedStatus> {
  const observed = await machine.status(signal);
  if (observed.state === "absent") return { name: machine.name, ...observed };
  return { name: machine.name, ...observed, config: await machine.readConfig() };
}

/** In `rescue` the guest answers, but Docker does not. */
function isServing(described: MachineStatus): boolean {
  if (described.state === "running") return true;
  return described.state === "degraded" && described.guest.lifecycle.name === "degraded";
}

function explain(described: DescribedStatus): string[] {
  switch (described.state) {
    case "starting": {
      const lifecycle = described.guest?.lifecycle;
      return lifecycle?.name === "starting" ? [`waiting: ${[lifecycle.phase, ...lifecycle.unmet].join(", ")}`] : [];
    }
    case "degraded":
      return reasons(described).flatMap(({ message, hint }) => [
        message,
        ...(hint === undefined ? [] : [`hint: ${hint}`]),
      ]);
    case "unreachable":
      return [described.detail, `hint: See what the host agent did: boot2docker logs agent ${described.name}`];
    case "absent":
      return [`hint: Make it with: boot2docker up ${described.name}`];
    case "stopped":
      return [`hint: Start it with: boot2docker up ${described.name}`];
    case "running":
    case "stopping":
      return [];
  }
}

function reasons({ guest: { lifecycle } }: Extract<MachineStatus, { state: "degraded" }>) {
  if (lifecycle.name === "degraded") return lifecycle.reasons;
  return lifecycle.name === "rescue" ? [lifecycle.reason] : [];
}
