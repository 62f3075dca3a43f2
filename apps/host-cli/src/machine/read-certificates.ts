import { exitCodes, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { Certificates } from "./machine.ts";
import { askDocker } from "./observe.ts";

/** Throws UserError `certificates-unreadable`. */
export async function readCertificates(
  host: Host,
  dir: MachineDir,
  config: MachineConfig,
  isOn: boolean,
  signal: AbortSignal,
): Promise<Certificates> {
  const describe = async (path: string) => {
    try {
      return host.describeCertificate((await host.files.readText(path)) ?? "");
    } catch (error) {
      throw new UserError(`${path} holds no certificate`, {
        code: "certificates-unreadable",
        hint: `Make them anew with: boot2docker regenerate-certs ${dir.name}`,
        exitCode: exitCodes.failed,
        cause: error,
      });
    }
  };
  const [ca, client] = [await describe(dir.root.caCert), await describe(dir.tlsCert)];
  if (!isOn) return { ca, client };
  const shown = await askDocker(host, dir, config, signal);
  if ("problem" in shown) return { ca, client, serverProblem: shown.problem };
  return { ca, client, server: host.describeCertificate(shown.certificatePem) };
}
