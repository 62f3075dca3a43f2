import { allOption, changeEachMachine, chosenNames, machinesOperand } from "./each-machine.ts";
import { jsonOption, verb } from "./verb.ts";

export const regenerateCerts = verb({
  aliases: [],
  summary: "make the certificates of a machine anew",
  details:
    "The engine of a running machine is started again: containers go on (not those of a swarm), but attach, exec, build and `logs -f` end. Copies of the " +
    "old client certificate stay valid, so that programs which have one can be changed at leisure. With --ca they do not: a new " +
    "certificate authority replaces that of all machines; those that are not named follow at their next `boot2docker up`.",
  examples: ["boot2docker regenerate-certs", "boot2docker regenerate-certs --all --ca"],
  operands: [machinesOperand],
  options: {
    ca: { flags: "--ca", summary: "also replace the certificate authority of all machines" },
    force: { flags: "-f, --force", summary: "for the habit: nothing is asked" },
    ...allOption,
    ...jsonOption,
  },
  async run(context, { operands, options }) {
    const names = await chosenNames(context, operands, options.all === true);
    let isCaToo = options.ca === true; // Once: the others then follow.
    return changeEachMachine(context, names, options.json === true, async (machine) => {
      await machine.renewCertificates({ isCaToo }, context.ui.progress, context.signal);
      isCaToo = false;
    });
  },
});
