import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFiles as files } from "./files.ts";

const never = new AbortController().signal;
let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "b2d-files-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

async function* chunksOf(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

test("what is not there reads as nothing", async () => {
  expect(await files.readText(`${dir}/none`)).toBeUndefined();
  expect(await files.stat(`${dir}/none`)).toBeUndefined();
  expect(await files.list(`${dir}/none`)).toEqual([]);
  expect((await files.readPart(`${dir}/none`, 0, 10)).byteLength).toBe(0);
});

test("an atomic write replaces the file, is private and leaves nothing beside it", async () => {
  writeFileSync(`${dir}/a`, "old", { mode: 0o644 });
  await files.writeAtomic(`${dir}/a`, "new");
  expect(await files.readText(`${dir}/a`)).toBe("new");
  expect((await files.stat(`${dir}/a`))?.mode).toBe(0o600);
  expect(await files.list(dir)).toEqual(["a"]);
});

test("an atomic write that fails leaves the old content and nothing beside it", async () => {
  await files.makeDirectory(`${dir}/a/b`);
  await expect(files.writeAtomic(`${dir}/a`, "new")).rejects.toThrow();
  expect(await files.list(dir)).toEqual(["a"]);
});

test("a sparse file has its start and its size, takes hardly any space, and is never made over another", async () => {
  await files.createSparse(`${dir}/disk`, 2 ** 33, "start");
  const facts = await files.stat(`${dir}/disk`);
  expect(facts).toMatchObject({ sizeBytes: 2 ** 33, mode: 0o600 });
  expect(statSync(`${dir}/disk`).blocks * 512).toBeLessThan(2 ** 20);
  expect(await files.readPart(`${dir}/disk`, 0, 7)).toEqual(new TextEncoder().encode("start\0\0"));
  await expect(files.createSparse(`${dir}/disk`, 1, "")).rejects.toMatchObject({ code: "EEXIST" });
});

test("chunks are written with their size and SHA-256, and read back", async () => {
  const written = await files.writeChunks(`${dir}/c`, chunksOf("ab", "c"), never);
  expect(written).toEqual({
    sizeBytes: 3,
    sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  });
  expect(await files.sha256(`${dir}/c`, never)).toBe(written.sha256);
  const parts: Uint8Array[] = [];
  for await (const chunk of files.readChunks(`${dir}/c`, never)) parts.push(chunk);
  expect(Buffer.concat(parts).toString()).toBe("abc");
});

test("a failing source of chunks is the error of the write", async () => {
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield new Uint8Array(1);
    throw new Error("damaged");
  };
  await expect(files.writeChunks(`${dir}/c`, failing(), never)).rejects.toThrow("damaged");
});

test("a part ends with the file", async () => {
  writeFileSync(`${dir}/p`, "0123456789");
  expect(new TextDecoder().decode(await files.readPart(`${dir}/p`, 8, 10))).toBe("89");
});

test("directories are the user's alone, and making one twice is no error", async () => {
  await files.makeDirectory(`${dir}/x/y`);
  await files.makeDirectory(`${dir}/x/y`);
  expect(statSync(`${dir}/x`).mode & 0o777).toBe(0o700);
});

test("a directory that can't be made fails, and does not take for ever", async () => {
  writeFileSync(`${dir}/file`, "");
  await expect(files.makeDirectory(`${dir}/file/x`)).rejects.toMatchObject({ code: "ENOTDIR" });
  await expect(files.makeDirectory(`${dir}/file`)).rejects.toMatchObject({ code: "EEXIST" });
  await Promise.all(Array.from({ length: 8 }, () => files.makeDirectory(`${dir}/many/at/once`)));
});

test.runIf(process.platform === "linux")("nobody can make one in /proc", async () => {
  await expect(files.makeDirectory("/proc/none/such")).rejects.toMatchObject({ code: "ENOENT" });
});

test("a link is told as one, and removing it does not remove what it leads to", async () => {
  await files.makeDirectory(`${dir}/target`);
  writeFileSync(`${dir}/target/kept`, "");
  await files.makeDirectory(`${dir}/tree`);
  symlinkSync(`${dir}/target`, `${dir}/tree/link`);
  expect((await files.stat(`${dir}/tree/link`))?.kind).toBe("symlink");
  await files.remove(`${dir}/tree`);
  expect(await files.list(`${dir}/target`)).toEqual(["kept"]);
});

test("who appends to a file goes on after it was emptied", async () => {
  await files.append(`${dir}/log`, "old");
  await files.empty(`${dir}/log`);
  await files.append(`${dir}/log`, "new");
  expect(await files.readText(`${dir}/log`)).toBe("new");
});
