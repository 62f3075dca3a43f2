import { defaultMachine, machineOperand, verb } from "./verb.ts";

/** Started by the host agent, never by a person: see agent/issue-certificate.ts. */
export const issueCertificate = verb({
  aliases: [],
  summary: "issue the certificate of a machine's guest",
  operands: [machineOperand, { name: "KEY", summary: "the guest's public key, PEM" }],
  options: {},
  isHidden: true,
  async run({ host, ui }, { operands }) {
    const [{ machineDir }, { issueGuestCertificate }] = await Promise.all([
      import("../machine-dir/dir.ts"),
      import("../tls/ca.ts"),
    ]);
    const [name = defaultMachine, publicKeyPem = ""] = operands;
    ui.result(JSON.stringify(await issueGuestCertificate(host, machineDir(host, name), publicKeyPem)));
  },
});
