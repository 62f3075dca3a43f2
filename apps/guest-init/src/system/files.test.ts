import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { files } from "./files.ts";

const never = new AbortController().signal;
let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "files-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("write", () => {
  it("makes folders and leaves nothing beside the file", async () => {
    await files.write(at("a/b/c"), "content", { mode: 0o600, durable: true });
    expect(readFileSync(at("a/b/c"), "utf8")).toBe("content");
    expect(statSync(at("a/b/c")).mode & 0o777).toBe(0o600);
    expect(readdirSync(at("a/b"))).toEqual(["c"]);
  });

  it("replaces a file, its mode and what a crash left of an earlier attempt", async () => {
    writeFileSync(at("key"), "old");
    writeFileSync(at("key.new"), "half");
    chmodSync(at("key"), 0o644);
    chmodSync(at("key.new"), 0o444);
    await files.write(at("key"), new Uint8Array([107]), { mode: 0o600 });
    expect(readFileSync(at("key"), "utf8")).toBe("k");
    expect(statSync(at("key")).mode & 0o777).toBe(0o600);
  });

  it("gives the mode that was asked for whatever the umask", async () => {
    const old = process.umask(0o077);
    try {
      await files.write(at("public"), "");
    } finally {
      process.umask(old);
    }
    expect(statSync(at("public")).mode & 0o777).toBe(0o644);
  });
});

it("what is not there reads as undefined, empty or nothing, not as an error", async () => {
  expect(await files.readText(at("none"))).toBeUndefined();
  expect(await files.list(at("none"))).toEqual([]);
  expect(await files.stat(at("none"))).toBeUndefined();
  await expect(files.remove(at("none"))).resolves.toBeUndefined();
  await expect(files.readPart(at("none"), 0, 1)).rejects.toMatchObject({ code: "ENOENT" });
});

it("a part is what is there of it", async () => {
  writeFileSync(at("log"), "0123456789");
  expect(new TextDecoder().decode(await files.readPart(at("log"), 3, 4))).toBe("3456");
  expect(new TextDecoder().decode(await files.readPart(at("log"), 8, 100))).toBe("89");
  expect(await files.readPart(at("log"), 50, 100)).toHaveLength(0);
});

it("overwritten bytes leave those around them", async () => {
  writeFileSync(at("disk"), "0123456789");
  await files.overwrite(at("disk"), 3, new TextEncoder().encode("abc"));
  expect(await files.readText(at("disk"))).toBe("012abc6789");
  await expect(files.overwrite(at("none"), 0, new Uint8Array(1))).rejects.toMatchObject({ code: "ENOENT" });
});

it("a rotated file is emptied in place, so that those who hold it open go on writing", async () => {
  writeFileSync(at("log"), "old");
  const { ino } = statSync(at("log"));
  await files.rotate(at("log"), at("log.1"));
  expect(readFileSync(at("log.1"), "utf8")).toBe("old");
  expect(statSync(at("log"))).toMatchObject({ size: 0, ino });
});

it("a link does not replace what has its name", async () => {
  writeFileSync(at("run"), "mine");
  await files.link("/somewhere", at("run"));
  expect(readFileSync(at("run"), "utf8")).toBe("mine");
});

describe("appears", () => {
  it("resolves at once for what is there", async () => {
    writeFileSync(at("socket"), "");
    await expect(files.appears(at("socket"), never)).resolves.toBeUndefined();
  });

  it("resolves when it comes", async () => {
    const appeared = files.appears(at("socket"), never);
    writeFileSync(at("other"), "");
    writeFileSync(at("socket"), "");
    await expect(appeared).resolves.toBeUndefined();
  });

  it("rejects with the reason it is told to end for", async () => {
    const stop = new AbortController();
    const appeared = files.appears(at("socket"), stop.signal);
    stop.abort(new Error("enough"));
    await expect(appeared).rejects.toThrow("enough");
  });
});
