/**
 * File names are bytes, and need not be UTF-8: inside they are strings of which each character is one byte ("latin1"), in the
 * calls of `node:fs` they are buffers.
 */
export type Name = string;

export const nameOf = (bytes: Uint8Array): Name =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
export const bytesOf = (name: Name): Buffer => Buffer.from(name, "latin1");
export const nameOfText = (text: string): Name => Buffer.from(text).toString("latin1");

/** FNV-1a, 32 bits. */
export function hashName(name: Name, seed = 0x811c_9dc5): number {
  let hash = seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}
