import type { GuestConfig } from "@boot2docker/protocol";

/** By which a machine runs whose host has said nothing: it gives nobody access and touches no blank disk. */
export const defaultConfig: GuestConfig = {
  hostname: "boot2docker",
  dataDisk: { serial: "b2d-data", formatIfBlank: false },
  network: { mode: "dhcp" },
  authorizedKeys: [],
};
