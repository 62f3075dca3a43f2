/**
 * Node carries the data of all languages that ICU knows: 33 MB, a third of the program. A program that speaks to no
 * person needs some tables of it. docs/adr/0007-icu-data.md
 *
 * The package's form is ICU's `UDataOffsetTOC` (icu4c/source/common/ucmndata.h): a header, the number of items, for each the
 * offsets of its name and of its data, both from the number on, sorted by name.
 */

/** Header of a little-endian package from its second field on: magic number, sizes, charset, `CmnD`. */
const PACKAGE_MARK = Buffer.from([0xda, 0x27, 0x14, 0, 0, 0, 0, 0, 2, 0, ...Buffer.from("CmnD")]);
const MARK_OFFSET = 2;
const ENTRY_BYTES = 8;

interface Item {
  /** Without the package's own name: `coll/root.res`. */
  name: string;
  nameOffset: number;
  dataOffset: number;
}

/** Takes out of the program's bytes, in place, all that `isNeeded` does not keep; returns how many bytes are zero now. */
export function trimIcuData(program: Buffer, isNeeded: (name: string) => boolean = isLanguageFree): number {
  const at = findPackage(program);
  const toc = program.subarray(at + program.readUInt16LE(at));
  const items = readItems(toc);
  const kept = items.filter(({ name }) => isNeeded(name));
  let zeroed = 0;
  for (const [index, { name, dataOffset }] of items.entries()) {
    // The last one's length is written nowhere.
    const end = items[index + 1]?.dataOffset;
    if (isNeeded(name) || end === undefined) continue;
    toc.fill(0, dataOffset, end);
    zeroed += end - dataOffset;
  }
  toc.writeUInt32LE(kept.length, 0);
  for (const [index, { nameOffset, dataOffset }] of kept.entries()) {
    toc.writeUInt32LE(nameOffset, 4 + ENTRY_BYTES * index);
    toc.writeUInt32LE(dataOffset, 8 + ENTRY_BYTES * index);
  }
  return zeroed;
}

/** Tables of characters, time zones and rules, and the bundles that every locale falls back to. */
export function isLanguageFree(name: string): boolean {
  if (/^(brkitr|rbnf|translit)\//.test(name) || /\.(cfu|spp)$/.test(name) || name === "unames.icu") return false;
  // windows-1252, which is what `latin1` means to a TextDecoder.
  if (name.endsWith(".cnv")) return name === "ibm-5348_P100-1997.cnv";
  const isLocale = /^(\w+\/)?[a-z]{2,3}(_\w+)*\.res$/.test(name);
  return !isLocale || /^en(_US|_US_POSIX)?\.res$/.test(name);
}

function findPackage(program: Buffer): number {
  const mark = program.indexOf(PACKAGE_MARK);
  if (mark === -1 || program.includes(PACKAGE_MARK, mark + 1)) {
    throw new Error("the program should have one package of ICU data: is it another Node than the pinned one?");
  }
  return mark - MARK_OFFSET;
}

function readItems(toc: Buffer): Item[] {
  return Array.from({ length: toc.readUInt32LE(0) }, (_, index) => {
    const nameOffset = toc.readUInt32LE(4 + ENTRY_BYTES * index);
    const fullName = toc.toString("latin1", nameOffset, toc.indexOf(0, nameOffset));
    const dataOffset = toc.readUInt32LE(8 + ENTRY_BYTES * index);
    return { name: fullName.slice(fullName.indexOf("/") + 1), nameOffset, dataOffset };
  });
}
