import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isLanguageFree, trimIcuData } from "./icu-data.ts";
import { nodeFor, parseTarget } from "./target.ts";

/** A program with a package of these items, 16 bytes of data each. */
function programWith(names: readonly string[]): Buffer {
  const header = Buffer.alloc(32);
  header.writeUInt16LE(header.length, 0);
  Buffer.from([0xda, 0x27, 0x14, 0, 0, 0, 0, 0, 2, 0, ...Buffer.from("CmnD")]).copy(header, 2);
  const texts = names.map((name) => Buffer.from(`icudt78l/${name}\0`));
  const entries = Buffer.alloc(4 + 8 * names.length);
  entries.writeUInt32LE(names.length);
  let at = entries.length;
  for (const [index, text] of texts.entries()) {
    entries.writeUInt32LE(at, 4 + 8 * index);
    at += text.length;
  }
  for (const index of names.keys()) entries.writeUInt32LE(at + 16 * index, 8 + 8 * index);
  const data = names.map((_, index) => Buffer.alloc(16, 0x41 + index));
  return Buffer.concat([Buffer.from("program"), header, entries, ...texts, ...data, Buffer.from("rest")]);
}

function itemsOf(program: Buffer): Record<string, string> {
  const toc = program.subarray(7 + 32);
  const items = Array.from({ length: toc.readUInt32LE(0) }, (_, index) => {
    const name = toc.readUInt32LE(4 + 8 * index);
    const data = toc.readUInt32LE(8 + 8 * index);
    return [toc.toString("latin1", name, toc.indexOf(0, name)), toc.toString("latin1", data, data + 16)];
  });
  return Object.fromEntries(items) as Record<string, string>;
}

test("items that are not needed are gone from the table and zero, the others as they were", () => {
  const program = programWith(["coll/root.res", "de.res", "root.res", "zone/de.res", "zone/root.res"]);
  const size = program.length;
  expect(trimIcuData(program)).toBe(32);
  expect(itemsOf(program)).toEqual({
    "icudt78l/coll/root.res": "A".repeat(16),
    "icudt78l/root.res": "C".repeat(16),
    "icudt78l/zone/root.res": "E".repeat(16),
  });
  expect(program.includes("BBBB") || program.includes("DDDD")).toBe(false);
  expect(program.subarray(-4).toString()).toBe("rest");
  expect(program).toHaveLength(size);
});

test("a program without such a package, or with two, is refused", () => {
  expect(() => trimIcuData(Buffer.from("program"))).toThrow("one package of ICU data");
  expect(() => trimIcuData(Buffer.concat([programWith([]), programWith([])]))).toThrow("one package of ICU data");
});

test.each(["root.res", "pool.res", "en_US.res", "zoneinfo64.res", "nfkc.nrm", "cnvalias.icu", "coll/ucadata.icu"])(
  "%s is of no language",
  (name) => {
    expect(isLanguageFree(name)).toBe(true);
  },
);

test.each(["de.res", "sr_Latn_RS.res", "lang/fil.res", "brkitr/thaidict.dict", "unames.icu", "gb18030-2022.cnv"])(
  "%s is left out",
  (name) => {
    expect(isLanguageFree(name)).toBe(false);
  },
);

test("the pinned Node does without what is left out", () => {
  const folder = mkdtempSync(join(tmpdir(), "icu-data-"));
  try {
    const node = nodeFor(parseTarget());
    const program = readFileSync(node);
    expect(trimIcuData(program)).toBeGreaterThan(25_000_000);
    const trimmed = join(folder, "node");
    writeFileSync(trimmed, program, { mode: 0o755 });
    const script = `console.log(new TextDecoder("latin1").decode(Buffer.from([0x80, 0xe9])), "\\ufb01".normalize("NFKC"),
      ["b", "á", "a"].sort((a, b) => a.localeCompare(b)), new Date(0).toISOString(), new Date(0).toLocaleString(),
      new URL("http://müller.de/").host, /\\p{L}/u.test("é"), (1234.5).toLocaleString())`;
    const said = (file: string) => execFileSync(file, ["-e", script], { encoding: "utf8", env: { TZ: "UTC" } });
    expect(said(trimmed)).toBe(said(node));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
