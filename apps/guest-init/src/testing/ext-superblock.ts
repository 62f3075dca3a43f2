export interface SuperblockFields {
  label?: string;
  state?: number;
  incompatible?: number;
  magic?: number;
  mountedAt?: number;
  /** Of 4 KiB each. */
  blocks?: number;
  /** The upper half of their number. */
  blocksHigh?: number;
}

/** The first 4 KiB of what mkfs.ext4 makes, as far as it is read. */
export function extSuperblock({
  label = "boot2docker-data",
  state = 1,
  incompatible = 0x2c2,
  magic = 0xef53,
  mountedAt = 0,
  blocks = 0,
  blocksHigh = 0,
}: SuperblockFields = {}): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer, 1024);
  view.setUint32(0x4, blocks, true);
  view.setUint32(0x18, 2, true);
  view.setUint32(0x2c, mountedAt, true);
  view.setUint16(0x38, magic, true);
  view.setUint16(0x3a, state, true);
  view.setUint32(0x60, incompatible, true);
  view.setUint32(0x150, blocksHigh, true);
  bytes.set(new TextEncoder().encode(label), 1024 + 0x78);
  return bytes;
}
