/** Below these a machine would not get as far as Docker. */
export const leastMemoryMiB = 512;
export const leastDiskBytes = 2 ** 30;
