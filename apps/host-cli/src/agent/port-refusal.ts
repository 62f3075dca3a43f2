import type { Reason } from "@boot2docker/protocol";
import type { Host } from "../host.ts";
import { portOwner } from "../machine-dir/ports.ts";
import { type Listener, renderAddress } from "./listeners.ts";

/** Why the host can't answer there, in the words of an engine that runs on the host itself. */
export async function explainRefusal(
  host: Host,
  { protocol, address, port }: Pick<Listener, "protocol" | "address" | "port">,
  code: string,
  signal: AbortSignal,
): Promise<Reason> {
  const at = `listen ${protocol} ${renderAddress(address, port)}`;
  switch (code) {
    case "EADDRINUSE": {
      const owner = await portOwner(host, protocol, port, signal);
      const who = owner === undefined ? "a program of this host has it" : `${owner} has it`;
      return {
        code: "port-taken",
        message: `${at}: address already in use: ${who}`,
        hint: "End what has it, or publish another port.",
      };
    }
    case "EACCES":
    case "EPERM":
      return {
        code: "port-privileged",
        message: `${at}: permission denied: this host keeps the port for its administrator`,
        hint: privilegedHint(host),
      };
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return {
        code: "address-absent",
        message: `${at}: cannot assign requested address: it is none of this host's`,
        hint: "Publish the port without an address, or with one of this host's.",
      };
    default:
      return { code: "port-refused", message: `${at}: ${code}` };
  }
}

function privilegedHint({ platform }: Host): string {
  const other = "Publish a port from 1024 on";
  return platform === "linux"
    ? `${other}, or allow lower ones: sysctl net.ipv4.ip_unprivileged_port_start.`
    : `${other}.`;
}
