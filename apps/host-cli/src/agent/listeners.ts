import type { PublishedPort } from "@boot2docker/protocol";
import type { PublishScope } from "../settings.ts";

/** Where the host answers for a port that a container has published. */
export interface Listener {
  protocol: "tcp" | "udp";
  family: 4 | 6;
  address: string;
  port: number;
  guestPort: number;
  /** Asked for with every address: a host that lacks the family has nothing to answer on there. */
  isForAll: boolean;
}

export function listenerOf(
  { protocol, hostAddress, hostPort, guestPort }: PublishedPort,
  scope: PublishScope,
): Listener {
  const family = hostAddress.includes(":") ? 6 : 4;
  // In whichever way it is written.
  const isForAll = /^[0:.]+$/.test(hostAddress);
  const loopback = family === 4 ? "127.0.0.1" : "::1";
  const address = isForAll && scope === "loopback" ? loopback : hostAddress;
  return { protocol, family, address, port: hostPort, guestPort, isForAll };
}

export function renderAddress(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
