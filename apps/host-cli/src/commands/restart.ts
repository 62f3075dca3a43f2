import { downOptions, parseDownOptions } from "./down.ts";
import { chosenNames, forEachMachine, machinesOperand } from "./each-machine.ts";
import { checkJsonOfOne, startMachine } from "./up.ts";
import { jsonOption, verb } from "./verb.ts";

export const restart = verb({
  aliases: [],
  summary: "shut a machine down and start it again",
  operands: [machinesOperand],
  options: { ...downOptions, ...jsonOption },
  async run(context, { operands, options }) {
    const limits = parseDownOptions("restart", options);
    const names = await chosenNames(context, operands, options.all === true);
    const isJson = options.json === true;
    checkJsonOfOne("restart", names, isJson);
    await forEachMachine(context, names, async (machine) => {
      await machine.down(limits, context.ui.progress, context.signal);
      await startMachine(context, machine, isJson);
    });
  },
});
