import type { Forward } from "./driver.ts";
import { netdevId } from "./qemu-argv.ts";

/** Loopback only: whoever can reach another address of the host must not reach a machine. */
const hostAddress = "127.0.0.1";

/** QEMU has no QMP command for these, only the human monitor's. An empty answer says that it worked. */
export function addCommand({ hostPort, guestPort }: Forward): string {
  return `hostfwd_add ${netdevId} tcp:${hostAddress}:${hostPort}-:${guestPort}`;
}

export function removeCommand({ hostPort }: Forward): string {
  return `hostfwd_remove ${netdevId} tcp:${hostAddress}:${hostPort}`;
}

/** Answer of `info usernet`: `TCP[HOST_FORWARD]  14  127.0.0.1 23760  10.0.2.15  2376  0  0` among connections. */
export function parseUsernet(text: string): Forward[] {
  const rows = text.matchAll(/^\s*TCP\[HOST_FORWARD\]\s+\S+\s+\S+\s+(\d+)\s+\S+\s+(\d+)\s/gm);
  return [...rows].map(([, hostPort, guestPort]) => ({ hostPort: Number(hostPort), guestPort: Number(guestPort) }));
}
