/** QEMU's user-mode network always looks like this: qemu-system-x86_64(1), -netdev user. */
export const guestAddress = "10.0.2.15";
export const guestNetwork = {
  mode: "static",
  address: `${guestAddress}/24`,
  gateway: "10.0.2.2",
  dns: ["10.0.2.3"],
} as const;
