import { allOption, changeEachMachine, chosenNames, machinesOperand } from "./each-machine.ts";
import { jsonOption, verb } from "./verb.ts";

export const poweroff = verb({
  aliases: ["kill"],
  summary: "switch a machine off without a shutdown",
  details:
    "Containers are not asked to stop: what they, and Docker, have not written to disk is lost, as at a power cut. The disk stays whole. " +
    "`down` shuts it down in order.",
  operands: [machinesOperand],
  options: { ...allOption, ...jsonOption },
  async run(context, { operands, options }) {
    const names = await chosenNames(context, operands, options.all === true);
    return changeEachMachine(context, names, options.json === true, (machine) =>
      machine.powerOff(context.ui.progress, context.signal),
    );
  },
});
