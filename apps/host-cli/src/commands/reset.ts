import { allOption, changeEachMachine, chosenNames, machinesOperand } from "./each-machine.ts";
import { jsonOption, verb } from "./verb.ts";

export const reset = verb({
  aliases: [],
  summary: "press the reset button of a machine that runs",
  details:
    "For one that hangs: nothing in it is asked, and what was not written to disk is lost, as at a power cut. Done when Docker answers again. `restart` does it in order.",
  operands: [machinesOperand],
  options: { ...allOption, ...jsonOption },
  async run(context, { operands, options }) {
    const names = await chosenNames(context, operands, options.all === true);
    return changeEachMachine(context, names, options.json === true, (machine) =>
      machine.reset(context.ui.progress, context.signal),
    );
  },
});
