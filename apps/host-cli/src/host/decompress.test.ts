import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { decompress } from "./decompress.ts";

/** `printf 'boot2docker' | xz --check=crc32`. */
const xz = Buffer.from(
  "/Td6WFoAAAFpIt42AgAhARYAAAB0L+WjAQAKYm9vdDJkb2NrZXIAAIL6eJQAAR8LPWIOepBCmQ0BAAAAAAFZWg==",
  "base64",
);

async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 7) yield bytes.subarray(start, start + 7);
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

test.each([
  ["zstd" as const, zstdCompressSync("boot2docker")],
  ["xz" as const, xz],
])("%s in pieces of any size", async (format, bytes) => {
  expect(await textOf(decompress(format, inPieces(bytes)))).toBe("boot2docker");
});

test.each([
  ["zstd" as const, zstdCompressSync("boot2docker")],
  ["xz" as const, xz],
])("%s that ends early is an error, not a short file", async (format, bytes) => {
  await expect(textOf(decompress(format, inPieces(bytes.subarray(0, -9))))).rejects.toThrow();
});

test("a source that fails is the error of the reader", async () => {
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield zstdCompressSync("boot2docker").subarray(0, 5);
    throw new Error("disk read error");
  };
  await expect(textOf(decompress("zstd", failing()))).rejects.toThrow("disk read error");
});
