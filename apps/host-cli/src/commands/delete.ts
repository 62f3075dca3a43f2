import { exitCodes, UserError } from "../errors.ts";
import { machineExists, namedMachine } from "./machines.ts";
import { machineOperand, verb } from "./verb.ts";

export const remove = verb({
  aliases: ["destroy", "rm"],
  summary: "delete a machine with its data disk",
  details: "Images, containers and volumes go with it. Asks before; without a terminal it wants --yes.",
  operands: [machineOperand],
  options: {
    yes: { flags: "-y, --yes", summary: "do not ask" },
    force: { flags: "-f, --force", summary: "the same" },
  },
  async run(context, { operands, options }) {
    const { host, ui, signal } = context;
    const machine = await namedMachine(context, operands);
    if (!(await machineExists(host, machine.name))) {
      const { machineAbsent } = await import("../machine-dir/config-file.ts");
      throw machineAbsent(machine.name);
    }
    if (!options.yes && !options.force) {
      const question = `Delete machine ${machine.name} with all its images, containers and volumes?`;
      const isAgreed = await ui.confirm(question, signal);
      if (isAgreed === undefined) throw nobodyToAsk(machine.name);
      if (!isAgreed) {
        ui.say("nothing was deleted");
        return exitCodes.failed;
      }
    }
    await machine.remove(ui.progress, signal);
    return 0;
  },
});

function nobodyToAsk(name: string): UserError {
  return new UserError(`machine ${name} was not deleted: there is no terminal to ask for a yes`, {
    code: "not-confirmed",
    hint: `If it is meant: boot2docker delete --yes ${name}`,
    exitCode: exitCodes.usage,
  });
}
