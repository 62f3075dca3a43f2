import { hashName, nameOfText, type Name } from "./names.ts";
import { NfsError } from "./status.ts";

/** As `lstat` tells it. */
export interface Inode {
  ino: bigint;
  dev: bigint;
  birthtimeNs: bigint;
}

/** `NFS3_FHSIZE`. */
export const maxHandleBytes = 64;
const format = 1;
const headBytes = 17;
/** What is deeper is found as long as it is remembered. */
const maxSteps = maxHandleBytes - headBytes;

/**
 * 1 byte: this format. 4: a hash of the share's path. 8: the inode's number. 4: of the time of its birth, which
 * tells it from another inode of that number. The rest: a byte for each name on the way from the share's
 * root, its hash. More names than fit are left out, which makes the handle one that only memory can resolve.
 */
export function renderHandle(share: string, { ino, birthtimeNs }: Inode, names: readonly Name[]): Buffer {
  const handle = Buffer.alloc(headBytes + Math.min(names.length, maxSteps));
  handle.writeUInt8(format, 0);
  handle.writeUInt32BE(hashName(nameOfText(share)), 1);
  handle.writeBigUInt64BE(ino, 5);
  handle.writeUInt32BE(birthOf(birthtimeNs), 13);
  for (let i = headBytes; i < handle.length; i++) handle.writeUInt8(step(names[i - headBytes] ?? ""), i);
  return handle;
}

export function parseHandle(handle: Buffer): { share: number; ino: bigint; birth: number; steps: Buffer } {
  if (handle.length < headBytes || handle.readUInt8(0) !== format) throw new NfsError("EBADHANDLE");
  return {
    share: handle.readUInt32BE(1),
    ino: handle.readBigUInt64BE(5),
    birth: handle.readUInt32BE(13),
    steps: handle.subarray(headBytes),
  };
}

/** 0 where the file system does not know it. */
export const birthOf = (birthtimeNs: bigint): number => Number(BigInt.asUintN(32, birthtimeNs ^ (birthtimeNs >> 32n)));

export const fitsHandle = (share: string, { share: hash }: { share: number }): boolean =>
  hashName(nameOfText(share)) === hash;

/** A name's byte in a handle. */
export const step = (name: Name): number => {
  const hash = hashName(name);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
};
