import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./run.ts";

/** What a host has in place of this one's: contents of files by name, for a folder. */
export interface HostFiles {
  hosts: string;
  resolvConf: string;
  /** PEM texts by file name. */
  authorities: Record<string, string>;
}

/** Runs a program, and all that it starts, in a mount namespace in which the host's files are others. */
export async function mustOnHost(
  folder: string,
  { hosts, resolvConf, authorities }: HostFiles,
  command: readonly [string, ...string[]],
  env: Record<string, string>,
): Promise<string> {
  const anchors = join(folder, "authorities");
  mkdirSync(anchors, { recursive: true });
  for (const [name, pem] of Object.entries(authorities)) writeFileSync(join(anchors, name), pem);
  writeFileSync(join(folder, "hosts"), hosts);
  writeFileSync(join(folder, "resolv.conf"), resolvConf);
  const script = `set -e
mkdir -p /usr/local/share/ca-certificates
mount --bind "$1/authorities" /usr/local/share/ca-certificates
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
shift
exec "$@"`;
  return must("unshare", ["--mount", "sh", "-c", script, "sh", folder, ...command], { env });
}
