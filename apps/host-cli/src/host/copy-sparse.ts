import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import type { Files } from "../host.ts";

const chunkBytes = 1 << 20;
const blockBytes = 1 << 16;

export const copySparse: Files["copySparse"] = async (from, to, onProgress, signal) => {
  const source = await fs.open(from, "r");
  try {
    const target = await fs.open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      const { size } = await source.stat();
      const chunk = Buffer.alloc(chunkBytes);
      for (let offset = 0; offset < size;) {
        signal.throwIfAborted();
        const { bytesRead } = await source.read(chunk, 0, chunkBytes, offset);
        if (bytesRead === 0) break;
        for (let at = 0; at < bytesRead; at += blockBytes) {
          const block = chunk.subarray(at, Math.min(at + blockBytes, bytesRead));
          if (!isBlank(block)) await target.write(block, 0, block.byteLength, offset + at);
        }
        offset += bytesRead;
        onProgress(offset, size);
      }
      await target.truncate(size);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
};

const blank = Buffer.alloc(blockBytes);
const isBlank = (block: Buffer): boolean => block.equals(blank.subarray(0, block.byteLength));
