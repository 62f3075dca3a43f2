import type { MachineDir } from "../machine-dir/dir.ts";

/** Who logs in to a guest. */
export const sshUser = "docker";

/** What has OpenSSH's client go in with the machine's key, and to no other server than the machine's. Values as in ssh_config(5). */
export function pinnedOptions({ sshKey, knownHosts }: MachineDir): Record<string, string> {
  return {
    IdentityFile: quote(sshKey),
    IdentitiesOnly: "yes",
    UserKnownHostsFile: quote(knownHosts),
    GlobalKnownHostsFile: "none",
    StrictHostKeyChecking: "yes",
    UpdateHostKeys: "no",
  };
}

/** `hostKeys` in the form of authorized_keys. */
export function renderKnownHosts(port: number, hostKeys: readonly string[]): string {
  return hostKeys.map((key) => `[127.0.0.1]:${port} ${key}\n`).join("");
}

/** A path as a value of ssh_config(5), in which a space, %, # and quotes mean something. */
export function quote(path: string): string {
  const escaped = escapePercent(path);
  return /^[\w./:@%+,-]+$/.test(path) ? escaped : `"${escaped.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** As a word of ssh(1)'s own command line has it. */
export const escapePercent = (text: string): string => text.replaceAll("%", "%%");
