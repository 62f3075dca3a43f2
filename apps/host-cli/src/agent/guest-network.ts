/** QEMU's user-mode network always looks like this: qemu-system-x86_64(1), -netdev user. */
export const guestAddress = "10.0.2.15";
/** What is sent there comes to this host's loopback. */
const hostAddress = "10.0.2.2";
export const guestNetwork = {
  mode: "static",
  address: `${guestAddress}/24`,
  gateway: hostAddress,
  dns: ["10.0.2.3"],
  hostAddress,
} as const;

const mostAddresses = 16;

/** This host's loopback is somewhere else for its guest. */
export function asGuestReaches(addresses: readonly string[]): string[] {
  const seen = addresses.map((address) => (/^127\.|^::1$/.test(address) ? hostAddress : address));
  // What is written with a zone means something on this host alone.
  return [...new Set(seen)].filter((address) => !address.includes("%")).slice(0, mostAddresses);
}
