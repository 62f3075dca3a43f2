import { downOptions, parseDownOptions } from "./down.ts";
import { namedMachine } from "./machines.ts";
import { machineOperand, verb } from "./verb.ts";

export const restart = verb({
  aliases: [],
  summary: "shut a machine down and start it again",
  operands: [machineOperand],
  options: downOptions,
  async run(context, { operands, options }) {
    const limits = parseDownOptions(options);
    const machine = await namedMachine(context, operands);
    await machine.down(limits, context.ui.progress, context.signal);
    await machine.up(context.ui.progress, context.signal);
  },
});
