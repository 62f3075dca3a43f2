import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseElf } from "./elf.ts";

test("what is not a 64-bit ELF file gives nothing", () => {
  expect(parseElf(Buffer.from("#!/bin/sh\n".padEnd(80)))).toBeUndefined();
  expect(parseElf(Buffer.alloc(0))).toBeUndefined();
  expect(parseElf(elf({ bits: 1 }))).toBeUndefined();
});

test("a program names its loader, its libraries and its own folders", () => {
  const bytes = elf({
    interpreter: "/lib64/ld.so",
    needed: ["libone.so.1", "libtwo.so"],
    runpath: "/usr/libexec/x:$ORIGIN",
  });
  expect(parseElf(bytes)).toEqual({
    machine: 62,
    interpreter: "/lib64/ld.so",
    needed: ["libone.so.1", "libtwo.so"],
    runpath: ["/usr/libexec/x", "$ORIGIN"],
  });
});

test("a static program needs nothing", () => {
  expect(parseElf(elf({}))).toEqual({ machine: 62, needed: [], runpath: [] });
});

test("the Node that runs this test needs the C library", () => {
  expect(parseElf(readFileSync(process.execPath))?.needed).toContain("libc.so.6");
});

/** As elf(5) lays one out: header, three program headers, strings, dynamic section. Addresses begin at 0x400000. */
function elf(parts: { bits?: number; interpreter?: string; needed?: string[]; runpath?: string }): Buffer {
  const base = 0x400000;
  const names = [...(parts.needed ?? []), ...(parts.runpath === undefined ? [] : [parts.runpath])];
  const strings = Buffer.from(`\0${[...names, parts.interpreter ?? ""].map((name) => `${name}\0`).join("")}`);
  const stringsAt = 64 + 3 * 56;
  const dynamicAt = stringsAt + strings.length;
  const offsetOf = (name: string) => BigInt(strings.indexOf(`${name}\0`));
  const dynamic = [
    ...(parts.needed ?? []).map((name) => [1n, offsetOf(name)]),
    ...(parts.runpath === undefined ? [] : [[29n, offsetOf(parts.runpath)]]),
    [5n, BigInt(base + stringsAt)],
    [0n, 0n],
  ];
  const bytes = Buffer.alloc(dynamicAt + dynamic.length * 16);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, parts.bits ?? 2, 1, 1]);
  bytes.writeUInt16LE(62, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(3, 56);
  const segment = (index: number, type: number, at: number, size: number) => {
    bytes.writeUInt32LE(type, 64 + index * 56);
    for (const [field, value] of [at, base + at, base + at, size].entries()) {
      bytes.writeBigUInt64LE(BigInt(value), 72 + index * 56 + field * 8);
    }
  };
  segment(0, 1, 0, bytes.length);
  if (names.length > 0) segment(1, 2, dynamicAt, dynamic.length * 16);
  if (parts.interpreter !== undefined) {
    segment(2, 3, stringsAt + Number(offsetOf(parts.interpreter)), parts.interpreter.length + 1);
  }
  bytes.set(strings, stringsAt);
  for (const [index, value] of dynamic.flat().entries()) bytes.writeBigUInt64LE(value, dynamicAt + index * 8);
  return bytes;
}
