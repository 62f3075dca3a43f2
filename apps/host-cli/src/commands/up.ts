import { usageError } from "../errors.ts";
import type { Machine } from "../machine/machine.ts";
import { allOption, chosenNames, forEachMachine, machinesOperand } from "./each-machine.ts";
import { ensureMachine, machineOptions } from "./settings.ts";
import { envCommand } from "./env.ts";
import { callingShell } from "./calling-shell.ts";
import { renderApply } from "../shell-env.ts";
import { describe, explain } from "./status.ts";
import { type Context, jsonOption, type OptionValues, verb } from "./verb.ts";

const upOptions = {
  ...machineOptions,
  noInit: { flags: "--no-init", summary: "fail when there is no such machine, rather than make it" },
  ...allOption,
  ...jsonOption,
} as const;

export const up = verb({
  aliases: ["start", "boot"],
  summary: "start a machine, and make it first when there is none",
  details:
    "Done when Docker answers over TLS from this host. To call it again does no harm: it does what is missing. The options " +
    "are for a machine that has to be made, see init.",
  examples: ["boot2docker up", "boot2docker up work --memory 4g"],
  operands: [machinesOperand],
  options: upOptions,
  async run(context, { operands, options }) {
    const names = await chosenNames(context, operands, options.all === true);
    checkJsonOfOne("up", names, options.json === true);
    await forEachMachine(context, names, (machine) => bringUp(context, machine, options));
  },
});

/** And says how it is then. Whether the docker client has a context for it: the machine is there all the same. */
export async function startMachine({ ui, signal }: Context, machine: Machine, isJson: boolean): Promise<boolean> {
  const hindrance = await machine.up(ui.progress, signal);
  if (hindrance !== undefined) {
    ui.say(hindrance.message);
    if (hindrance.hint !== undefined) ui.say(`hint: ${hindrance.hint}`);
  }
  const observed = await machine.status(signal);
  if (isJson) ui.json(await describe(machine, observed));
  for (const line of explain(machine.name, observed)) ui.say(line);
  return hindrance === undefined;
}

/** Throws UserError `usage` (exit 2) where one object would have to tell of several machines. */
export function checkJsonOfOne(verb: string, names: readonly string[], isJson: boolean): void {
  if (!isJson || names.length <= 1) return;
  throw usageError(`${verb} --json: of one machine`, "All of them: boot2docker list --json");
}

async function bringUp(context: Context, machine: Machine, options: OptionValues<typeof upOptions>): Promise<void> {
  const { ui } = context;
  if (options.noInit || options.all) await machine.readConfig(); // Throws when there is none.
  await ensureMachine(context, machine, options);
  const hasContext = await startMachine(context, machine, options.json === true);
  const found = hasContext ? await machine.readContext() : undefined;
  if (found?.isCurrent && found.overruledBy === undefined) {
    ui.say("Docker answers, and the docker client of this user goes there.");
    return;
  }
  const shell = await callingShell(context);
  const apply = renderApply(shell, envCommand(context, machine.name));
  ui.say(`Docker answers. To use it in this shell:\n\n    ${apply}\n`);
  if (found?.isMade) ui.say(`Or for one command: docker --context ${found.name} …`);
}
