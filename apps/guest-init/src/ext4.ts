/** Facts of an ext2/3/4 superblock; see "Super Block" in the kernel's filesystems/ext4 documentation. */
export interface ExtFacts {
  label: string;
  /** It was unmounted in order and has no known errors: a check would find nothing to do. */
  isClean: boolean;
  /** It was mounted at least once. */
  wasMounted: boolean;
  /** Of the file system, which may be smaller than what it lies on. */
  fileSystemBytes: number;
}

const SUPERBLOCK_OFFSET = 1024;
const SUPERBLOCK_BYTES = 1024;
const MAGIC = 0xef53;
const STATE_VALID = 1;
const INCOMPAT_NEEDS_RECOVERY = 0x4;
const INCOMPAT_64BIT = 0x80;

/** `start` is the beginning of the partition or disk, at least 2 KiB. Undefined when it is no such file system. */
export function parseExtSuperblock(start: Uint8Array): ExtFacts | undefined {
  if (start.byteLength < SUPERBLOCK_OFFSET + SUPERBLOCK_BYTES) return undefined;
  const view = new DataView(start.buffer, start.byteOffset + SUPERBLOCK_OFFSET, SUPERBLOCK_BYTES);
  if (view.getUint16(0x38, true) !== MAGIC) return undefined;
  const state = view.getUint16(0x3a, true);
  const incompatible = view.getUint32(0x60, true);
  const label = new TextDecoder("latin1").decode(start.subarray(SUPERBLOCK_OFFSET + 0x78, SUPERBLOCK_OFFSET + 0x88));
  return {
    label: label.split("\0")[0] ?? "",
    wasMounted: view.getUint32(0x2c, true) !== 0,
    fileSystemBytes: blockCount(view, incompatible) * (1024 << view.getUint32(0x18, true)),
    isClean: state === STATE_VALID && (incompatible & INCOMPAT_NEEDS_RECOVERY) === 0,
  };
}

function blockCount(view: DataView, incompatible: number): number {
  const high = (incompatible & INCOMPAT_64BIT) === 0 ? 0 : view.getUint32(0x150, true);
  return high * 2 ** 32 + view.getUint32(0x4, true);
}
