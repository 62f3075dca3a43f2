import { namedMachine } from "./machines.ts";
import { machineOperand, verb } from "./verb.ts";

export const regenerateCerts = verb({
  aliases: [],
  summary: "make the certificates of a machine anew",
  details:
    "The engine of a running machine is started again: containers go on (not those of a swarm), but attach, exec, build and `logs -f` end. Copies of the " +
    "old client certificate stay valid, so that programs which have one can be changed at leisure. With --ca they do not: a new " +
    "certificate authority replaces that of all machines, and others follow at their next `boot2docker up`.",
  examples: ["boot2docker regenerate-certs", "boot2docker regenerate-certs work --ca"],
  operands: [machineOperand],
  options: { ca: { flags: "--ca", summary: "also replace the certificate authority of all machines" } },
  async run(context, { operands, options }) {
    const machine = await namedMachine(context, operands);
    await machine.renewCertificates({ isCaToo: options.ca === true }, context.ui.progress, context.signal);
  },
});
