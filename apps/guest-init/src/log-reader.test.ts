import { beforeEach, describe, expect, it } from "vitest";
import { decodeWhole, type LogPiece, readLog } from "./log-reader.ts";
import { EARLY_LOG } from "./paths.ts";
import { logPathOf } from "./services.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
let system: FakeSystem;

const read = (offset: number, maxBytes: number): Promise<LogPiece> =>
  readLog("dockerd", offset, maxBytes, system, never);

beforeEach(() => {
  system = new FakeSystem();
});

describe("readLog", () => {
  it("gives the piece that was asked for, and where the next one starts", async () => {
    system.content.set(logPathOf("dockerd"), "one two three");
    expect(await read(0, 4)).toEqual({ text: "one ", nextOffset: 4 });
    expect(await read(4, 100)).toEqual({ text: "two three", nextOffset: 13 });
    expect(await read(13, 100)).toEqual({ text: "", nextOffset: 13 });
  });

  it("counts a negative offset from the end, at most to the start", async () => {
    system.content.set(logPathOf("dockerd"), "one two");
    expect(await read(-3, 100)).toEqual({ text: "two", nextOffset: 7 });
    expect(await read(-300, 3)).toEqual({ text: "one", nextOffset: 3 });
  });

  it("starts again at the beginning of a log that was rotated", async () => {
    system.content.set(logPathOf("dockerd"), "new");
    expect(await read(4000, 100)).toEqual({ text: "new", nextOffset: 3 });
  });

  it("knows an empty log where there is none", async () => {
    expect(await read(-10, 100)).toEqual({ text: "", nextOffset: 0 });
  });

  it("does not take a log that is not there yet for one that was rotated", async () => {
    expect(await read(4000, 100)).toEqual({ text: "", nextOffset: 4000 });
    const readOwn = (offset: number) => readLog("guest-init", offset, 100, system, never);
    system.content.set(EARLY_LOG, "early");
    expect(await readOwn(4000)).toEqual({ text: "", nextOffset: 4000 });
    expect(await readOwn(0)).toEqual({ text: "early", nextOffset: 5 });
  });

  it("never splits a character, however small the pieces are", async () => {
    const text = "aé€😀z".repeat(3);
    system.content.set(logPathOf("dockerd"), new TextEncoder().encode(text));
    for (const maxBytes of [4, 5, 6, 7]) {
      let all = "";
      for (let offset = 0, length = 1; length > 0;) {
        const piece = await read(offset, maxBytes);
        length = piece.text.length;
        offset = piece.nextOffset;
        all += piece.text;
      }
      expect(all).toBe(text);
    }
  });

  it("reads the kernel's messages", async () => {
    system.programs.set("/usr/bin/busybox dmesg", { code: 0, stdout: "Linux version 6\n", stderr: "" });
    expect(await readLog("kernel", -3, 100, system, never)).toEqual({ text: " 6\n", nextOffset: 16 });
  });
});

it("bytes that are no UTF-8 are not waited for", () => {
  expect(decodeWhole(new Uint8Array([0xe2])).usedBytes).toBe(1);
  expect(decodeWhole(new Uint8Array([0x80, 0x80, 0x80, 0x80])).usedBytes).toBe(4);
});
