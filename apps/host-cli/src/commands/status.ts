import { exitCodes, UserError } from "../errors.ts";
import { isServing, reasonsOf } from "../guest-state.ts";
import type { Machine, MachineStatus } from "../machine/machine.ts";
import type { Ui } from "../ui.ts";
import { sayWaiting } from "./edit-settings.ts";
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
    const observed = await machine.status(signal);
    if (options.json) ui.json(await describe(machine, observed));
    else {
      ui.result(observed.state);
      for (const line of explain(machine.name, observed)) ui.say(line);
      if (observed.state !== "absent") await tellWaiting(ui, machine);
    }
    return "guest" in observed && isServing(observed.guest) ? 0 : exitCodes.notRunning;
  },
});

/** Settings that can't be read are said, too: how the machine is does not depend on them. */
async function tellWaiting(ui: Ui, machine: Machine): Promise<void> {
  try {
    sayWaiting(ui, machine.name, await machine.readWaiting());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    ui.say(error.message);
  }
}

/** What `--json` prints: the observed state, and the settings when there is a machine, or why they can't be read. */
export async function describe(machine: Machine, observed: MachineStatus): Promise<object> {
  if (observed.state === "absent") return { name: machine.name, ...observed };
  const { userSettings } = await import("../machine-dir/config-file.ts");
  try {
    const config = await machine.readConfig();
    const { dynamicPorts } = config;
    return { name: machine.name, ...observed, settings: userSettings(config), dynamicPorts };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    return { name: machine.name, ...observed, problem: { code, message, hint } };
  }
}

/** What to know about it beside its state, line by line. */
export function explain(name: string, observed: MachineStatus): string[] {
  switch (observed.state) {
    case "starting": {
      const lifecycle = observed.guest?.lifecycle;
      return lifecycle?.name === "starting" ? [`waiting: ${[lifecycle.phase, ...lifecycle.unmet].join(", ")}`] : [];
    }
    case "degraded":
      return reasonsOf(observed.guest).flatMap(({ message, hint }) => [
        message,
        ...(hint === undefined ? [] : [`hint: ${hint}`]),
      ]);
    case "unreachable":
      return [
        observed.detail,
        `hint: ${observed.hint ?? `See what the host agent did: boot2docker logs ${name} agent`}`,
      ];
    case "absent":
      return [`hint: Make it with: boot2docker up ${name}`];
    case "stopped":
      return [`hint: Start it with: boot2docker up ${name}`];
    case "running":
    case "stopping":
      return [];
  }
}
