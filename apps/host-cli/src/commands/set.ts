import { usageError } from "../errors.ts";
import { assignmentStarts, settableKeys } from "../settings.ts";
import type { Assignment } from "../settings-edit.ts";
import type { Machine } from "../machine/machine.ts";
import { changeDefaults, configEdit, tellChanges } from "./edit-settings.ts";
import { namedMachine } from "./machines.ts";
import { type Context, jsonOption, machineOperand, verb } from "./verb.ts";

export const set = verb({
  aliases: [],
  summary: "change settings of a machine",
  details:
    `KEY is one of ${settableKeys.join(", ")}. A machine that runs has folders, disk size, published ports and the engine's settings at once; processors, memory and what it ` +
    "inherits when it starts again; its own ports can be changed while it is stopped. Without a value a key is taken out of the file, and what is built in is so then; ports and disk size can't be without one. " +
    "Settings that the engine refuses are not kept.",
  examples: [
    "boot2docker set memory=4g cpus=2",
    "boot2docker set work engine.daemon.log-level=warn engine.env.HTTP_PROXY=http://proxy:3128",
    "boot2docker set --defaults disk-size=60g folders=~/src,/srv/data:ro",
  ],
  operands: [
    machineOperand,
    {
      name: "KEY=VALUE",
      summary: "a setting, and what it is to be",
      isRepeated: true,
      choices: assignmentStarts,
    },
  ],
  options: {
    defaults: { flags: "--defaults", summary: "of machines that are made later, in place of a machine that is there" },
    ...jsonOption,
  },
  async run(context, { operands, options }) {
    const { assign } = await import("../settings-edit.ts");
    const { names, assignments } = await parseOperands(operands);
    if (options.defaults) {
      if (names.length > 0)
        throw usageError(
          `set --defaults ${names.join(" ")}: the defaults are of no machine`,
          "For example: boot2docker set memory=4g",
        );
      const changed = await changeDefaults(context, (document, _, problems) => assign(document, assignments, problems));
      if (options.json) context.ui.json({ settings: changed });
      else context.ui.say("machines that are made from now on have it so");
      return;
    }
    const machine = await namedMachine(context, names);
    const edit = await configEdit(context.host, (document, problems) => assign(document, assignments, problems));
    const changes = await machine.changeConfig(edit, context.ui.progress, context.signal);
    if (options.json) context.ui.json({ name: machine.name, changes });
    else await tellChanges(context, machine, changes);
    if (changes.some(({ key }) => key.startsWith("engine."))) await sayEngineLooks(context, machine);
  },
});

/** One that runs has said already that it does without some. */
async function sayEngineLooks({ ui, signal }: Context, machine: Machine): Promise<void> {
  const { state } = await machine.status(signal);
  if (state === "stopped") ui.say("the engine looks at its settings when the machine starts");
}

async function parseOperands(operands: readonly string[]): Promise<{ names: string[]; assignments: Assignment[] }> {
  const { parseAssignment } = await import("../settings-edit.ts");
  const [first, ...rest] = operands;
  const isNamed = first !== undefined && !first.includes("=");
  const words = isNamed ? rest : operands;
  const assignments = words.map((word) => {
    const assignment = parseAssignment(word);
    if (assignment === undefined)
      throw usageError(`set ${word}: expected KEY=VALUE`, "For example: boot2docker set memory=4g");
    return assignment;
  });
  if (assignments.length === 0) throw usageError("set: nothing to be set", "For example: boot2docker set memory=4g");
  return { names: isNamed ? [first] : [], assignments };
}
