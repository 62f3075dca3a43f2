import { machineDir } from "../machine-dir/dir.ts";
import { issueGuestCertificate } from "../tls/ca.ts";
import { defaultMachine, machineOperand, verb } from "./verb.ts";

/** Started by the host agent, never by a person: see agent/issue-certificate.ts. */
export const issueCertificate = verb({
  aliases: [],
  summary: "issue the certificate of a machine's guest",
  operands: [machineOperand, { name: "KEY", summary: "the guest's public key, PEM" }],
  options: {},
  isHidden: true,
  async run({ host, ui }, { operands }) {
    const [name = defaultMachine, publicKeyPem = ""] = operands;
    ui.result(JSON.stringify(await issueGuestCertificate(host, machineDir(host, name), publicKeyPem)));
  },
});
