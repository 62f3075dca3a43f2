/** Below these a machine would not get as far as Docker. */
export const leastMemoryMiB = 512;
export const leastDiskBytes = 2 ** 30;
/** Of ext4 with blocks of 4 KiB: mke2fs(8). */
export const mostDiskBytes = 2 ** 44;

/** More than the guest gives itself (docs/boot.md): containers may use all of their time to stop. */
export const shutdownLimitMs = 310_000;
