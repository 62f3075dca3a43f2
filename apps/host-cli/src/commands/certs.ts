import type { CertificateDescription } from "../host.ts";
import { namedMachine } from "./machines.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

export const certs = verb({
  aliases: [],
  summary: "print the certificates of a machine",
  details:
    "The certificate authority is one for all machines of this user. The client's is what `env` points to, the server's what the " +
    "engine shows when it answers.",
  operands: [machineOperand],
  options: jsonOption,
  async run(context, { operands, options }) {
    const machine = await namedMachine(context, operands);
    const certificates = await machine.readCertificates(context.signal);
    if (options.json) {
      context.ui.json({ name: machine.name, ...certificates });
      return;
    }
    const { serverProblem, ...shown } = certificates;
    for (const [of, certificate] of Object.entries<CertificateDescription>(shown)) {
      for (const line of describe(of, certificate)) context.ui.result(line);
    }
    if (serverProblem !== undefined) context.ui.say(`the engine shows none that its client takes: ${serverProblem}`);
  },
});

function describe(of: string, { subject, names, expiresAt, sha256 }: CertificateDescription): string[] {
  return [
    `${of.padEnd(8)} ${subject}`,
    ...(names.length === 0 ? [] : [`         for ${names.join(", ")}`]),
    `         until ${expiresAt.toISOString()}`,
    `         SHA-256 ${sha256}`,
  ];
}
