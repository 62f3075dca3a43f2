import { GuestConfig } from "@boot2docker/protocol";
import { isIPv4 } from "./ip-address.ts";
import { OWN_DATA, RUN_DIR } from "./paths.ts";
import type { Files } from "./system.ts";

/** On the data disk. */
const HOST_ADDRESS_FILE = `${OWN_DATA}/state/host-address`;
const LAST_FILE = `${RUN_DIR}/config.json`;

/** By which a machine runs whose host has said nothing: it gives nobody access and touches no blank disk. */
export const defaultConfig: GuestConfig = {
  hostname: "boot2docker",
  dataDisk: { serial: "b2d-data", formatIfBlank: false },
  network: { mode: "dhcp" },
  authorizedKeys: [],
};

/** For a guest-init that is started again while the host is away. */
export async function keepConfig(config: GuestConfig, files: Files): Promise<void> {
  await files.write(LAST_FILE, JSON.stringify(config), { mode: 0o600 });
}

/** What the host said last since the kernel came up; null when it said nothing. */
export async function recallConfig(files: Files): Promise<GuestConfig | null> {
  const text = await files.readText(LAST_FILE);
  return text === undefined ? null : GuestConfig.parse(JSON.parse(text));
}

/** Where the guest reaches what listens on its host's loopback. */
export function hostAddressOf({ network }: GuestConfig): string | undefined {
  return network.mode === "static" ? network.hostAddress : undefined;
}

/** For a boot at which the host says nothing: an engine would be started anew for another one when it is back. */
export async function keepHostAddress(address: string, files: Files): Promise<void> {
  if (address !== (await recallHostAddress(files))) await files.write(HOST_ADDRESS_FILE, address, { durable: true });
}

/** Undefined for a machine that never had a host. */
export async function recallHostAddress(files: Files): Promise<string | undefined> {
  const text = await files.readText(HOST_ADDRESS_FILE);
  return text !== undefined && isIPv4(text) ? text : undefined;
}
