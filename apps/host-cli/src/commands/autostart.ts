import type { AutostartFacts } from "../autostart/autostart.ts";
import type { Machine } from "../machine/machine.ts";
import { parseAction } from "./action.ts";
import { namedMachine } from "./machines.ts";
import { type Context, defaultMachine, jsonOption, verb } from "./verb.ts";

const actions = {
  show: (machine, signal) => machine.readAutostart(signal),
  enable: (machine, signal) => machine.enableAutostart(signal),
  disable: (machine, signal) => machine.disableAutostart(signal),
} satisfies Record<string, (machine: Machine, signal: AbortSignal) => Promise<AutostartFacts>>;

type ActionName = keyof typeof actions;
const actionNames = Object.keys(actions) as ActionName[]; // Its own keys.

export const autostart = verb({
  aliases: [],
  summary: "have a machine start when you log in",
  details:
    "enable has it start at your next login, disable no more; neither starts or stops it now. A systemd unit of yours does it, on " +
    "macOS a launch agent, on Windows a task, with the program, the PATH, the proxies and the root directory of now: after moving one of them call " +
    "enable again. The unit also shuts the machine down when you log out, the others leave it on; after `loginctl enable-linger` it starts with this host, " +
    "without a login, and shuts down with it. `delete` disables it, too. What boot2docker has not made for this machine is left alone.",
  examples: ["boot2docker autostart enable", "boot2docker autostart work"],
  operands: [
    { name: "ACTION", summary: `${actionNames.join(", ")}; show when not given`, choices: actionNames },
    { name: "NAME", summary: `the machine; ${defaultMachine} when not given` },
  ],
  options: jsonOption,
  async run(context: Context, { operands, options }) {
    const { ui, signal } = context;
    const choice = { actions: actionNames, usual: "show" } as const;
    const { action, rest } = await parseAction(context.host, "autostart", operands, choice);
    const machine = await namedMachine(context, rest);
    const act: (machine: Machine, signal: AbortSignal) => Promise<AutostartFacts> = actions[action];
    const facts = await act(machine, signal);
    if (facts.isForeign) ui.say(`this was not made for machine ${machine.name}, and is left as it is: ${facts.place}`);
    if (options.json) ui.json({ name: machine.name, ...facts });
    else ui.result(facts.isEnabled ? `enabled  ${facts.place}` : "disabled");
    return undefined;
  },
});
