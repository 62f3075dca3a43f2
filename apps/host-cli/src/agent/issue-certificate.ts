import { hostMethods, type ResultOf } from "@boot2docker/protocol";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";

/** By a process of its own: the library that makes certificates would cost the agent 7 MB for as long as the VM runs. */
export async function issueCertificate(
  { self, processes }: Pick<Host, "self" | "processes">,
  dir: MachineDir,
  publicKeyPem: string,
  signal: AbortSignal,
): Promise<ResultOf<typeof hostMethods, "certificate.issue">> {
  const [command, ...args] = self;
  const issued = await processes.run(command, [...args, "issue-certificate", "--", dir.name, publicKeyPem], signal);
  if (issued.code !== 0) throw new Error(`no certificate was issued: ${issued.stderr.trim()}`);
  return hostMethods["certificate.issue"].result.parse(JSON.parse(issued.stdout));
}
