import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { decompressXz } from "./decompress.ts";

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

test("a stream in pieces of any size", async () => {
  expect(await textOf(decompressXz(inPieces(xz)))).toBe("boot2docker");
});

test("a stream with the window that images have", async () => {
  const settings = ["-c", "--check=crc32", "--lzma2=preset=9e,dict=64MiB"];
  const stream = execFileSync("xz", settings, { input: "boot2docker" });
  expect(await textOf(decompressXz(inPieces(stream)))).toBe("boot2docker");
});

test("a stream that ends early is an error, not a short file", async () => {
  await expect(textOf(decompressXz(inPieces(xz.subarray(0, -9))))).rejects.toThrow();
});

test("a source that fails is the error of the reader", async () => {
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield xz.subarray(0, 5);
    throw new Error("disk read error");
  };
  await expect(textOf(decompressXz(failing()))).rejects.toThrow("disk read error");
});
