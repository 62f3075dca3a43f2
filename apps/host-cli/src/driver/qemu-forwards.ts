import type { Forward } from "./driver.ts";
import { netdevId } from "./qemu-argv.ts";

const everyAddress = "0.0.0.0";

/** QEMU has no QMP command for these, only the human monitor's. An empty answer says that it worked. */
export function addCommand(forward: Forward): string {
  return `hostfwd_add ${netdevId} ${hostEnd(forward)}-:${forward.guestPort}`;
}

export function removeCommand(forward: Forward): string {
  return `hostfwd_remove ${netdevId} ${hostEnd(forward)}`;
}

function hostEnd({ protocol, hostAddress, hostPort }: Forward): string {
  return `${protocol}:${hostAddress}:${hostPort}`;
}

/**
 * Answer of `info usernet`: `TCP[HOST_FORWARD]  14  127.0.0.1 23760  10.0.2.15  2376  0  0` among connections; `*` stands
 * for every address.
 */
export function parseUsernet(text: string): Forward[] {
  const rows = text.matchAll(/^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\S+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s/gm);
  return [...rows].map(([, protocol, address = "", hostPort, guestPort]) => ({
    protocol: protocol === "UDP" ? "udp" : "tcp",
    hostAddress: address === "*" ? everyAddress : address,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }));
}
