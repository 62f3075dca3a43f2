import { exitCodes, usageError, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import { allOption, changeEachMachine, chosenNames, machinesOperand } from "./each-machine.ts";
import { defaultMachine, jsonOption, verb } from "./verb.ts";

export const remove = verb({
  aliases: ["destroy", "rm"],
  summary: "delete a machine with its data disk",
  details:
    "Images, containers and volumes go with it. Asks before; without a terminal it wants --yes, and the name of the machine.",
  operands: [machinesOperand],
  options: {
    ...allOption,
    yes: { flags: "-y, --yes", summary: "do not ask" },
    force: { flags: "-f, --force", summary: "the same" },
    ...jsonOption,
  },
  async run(context, { operands, options }) {
    const { host, ui, signal } = context;
    const isAsking = !options.yes && !options.force;
    if (operands.length === 0 && !options.all && !isAsking) {
      throw usageError(
        "delete: which machine? Without a question it has to be named",
        `Its name is ${defaultMachine} when it was made without one. All of them: --all`,
      );
    }
    const names = await chosenNames(context, operands, options.all === true);
    if (isAsking) {
      const there: string[] = [];
      for (const name of names) if (await hasFiles(host, name)) there.push(name);
      for (const name of names) if (!there.includes(name)) ui.say(`there is no machine ${name}`);
      const isAgreed = there.length === 0 || (await ui.confirm(question(there), signal));
      if (isAgreed === undefined) throw nobodyToAsk(there);
      if (!isAgreed) {
        ui.say("nothing was deleted");
        return exitCodes.failed;
      }
    }
    return changeEachMachine(context, names, options.json === true, (machine) => machine.remove(ui.progress, signal));
  },
});

/** A machine, or what a killed `init` left of one. Throws UserError `machine-name` (exit 2). */
async function hasFiles(host: Host, name: string): Promise<boolean> {
  const { machineDir } = await import("../machine-dir/dir.ts");
  return (await host.files.stat(machineDir(host, name).path)) !== undefined;
}

function question(names: readonly string[]): string {
  return names.length === 1
    ? `Delete machine ${names.join("")} with all its images, containers and volumes?`
    : `Delete the machines ${names.join(", ")} with all their images, containers and volumes?`;
}

function nobodyToAsk(names: readonly string[]): UserError {
  return new UserError(`machine ${names.join(", ")} was not deleted: there is no terminal to ask for a yes`, {
    code: "not-confirmed",
    hint: `If it is meant: boot2docker delete --yes ${names.join(" ")}`,
    exitCode: exitCodes.usage,
  });
}
