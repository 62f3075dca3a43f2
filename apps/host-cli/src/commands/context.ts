import type { ContextFacts } from "../docker-context/docker-context.ts";
import type { Machine } from "../machine/machine.ts";
import { parseAction } from "./action.ts";
import { checkExists, namedMachine } from "./machines.ts";
import { type Context, defaultMachine, jsonOption, verb } from "./verb.ts";

const actions = {
  show: async () => undefined,
  make: (machine) => machine.ensureContext({ isCurrent: false }),
  use: (machine) => machine.ensureContext({ isCurrent: true }),
  remove: (machine) => machine.forgetContext(),
} satisfies Record<string, (machine: Machine) => Promise<void>>;

type ActionName = keyof typeof actions;
const actionNames = Object.keys(actions) as ActionName[]; // Its own keys.

export const context = verb({
  aliases: [],
  summary: "have the docker client use a machine",
  details:
    "`up` makes a docker context for each machine, and `delete` removes it. It leads to a socket that only this user can open. " +
    "Clients use it at once when they have chosen no other one and this host has no engine of its own. show says what is so, make " +
    "repairs it, use has clients use it from now on, remove takes it away. A context of this name that boot2docker has not made " +
    "is left alone.",
  examples: ["boot2docker context use", "docker --context boot2docker ps"],
  operands: [
    { name: "ACTION", summary: `${actionNames.join(", ")}; show when not given`, choices: actionNames },
    { name: "NAME", summary: `the machine; ${defaultMachine} when not given` },
  ],
  options: jsonOption,
  async run(runContext: Context, { operands, options }) {
    const choice = { actions: actionNames, usual: "show" } as const;
    const { action, rest } = await parseAction(runContext.host, "context", operands, choice);
    const machine = await namedMachine(runContext, rest);
    const act: (machine: Machine) => Promise<void> = actions[action];
    await act(machine);
    const facts = await machine.readContext();
    if (action === "show" && !facts.isMade) await checkExists(runContext, machine.name);
    const { name, endpoint, overruledBy } = facts;
    const { ui } = runContext;
    if (overruledBy !== undefined) ui.say(`${overruledBy} is set here: docker does as that says`);
    if (options.json) ui.json(facts);
    else if (action !== "remove") ui.result(`${name}  ${endpoint}  ${describe(facts)}`);
    return undefined;
  },
});

function describe({ isMade, isForeign, isCurrent }: ContextFacts): string {
  if (isForeign) return "somebody else's";
  if (!isMade) return "not made";
  return isCurrent ? "in use" : "made";
}
