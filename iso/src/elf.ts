/** What the dynamic loader needs to know of a program or a library. */
export interface ElfFile {
  /** `e_machine`, for instance 62 for x86-64. */
  machine: number;
  /** The loader that the kernel starts for it; absent in a library or a static program. */
  interpreter?: string;
  /** Names of libraries, such as `libc.so.6`. */
  needed: readonly string[];
  /** Folders to look into before the system's, `$ORIGIN` not yet replaced. */
  runpath: readonly string[];
}

const loadSegment = 1;
const dynamicSegment = 2;
const interpreterSegment = 3;
const tag = { needed: 1, stringTable: 5, rpath: 15, runpath: 29 } as const;

/** Reads a little-endian 64-bit ELF file (elf(5)); gives nothing for anything else. Throws when it is cut off. */
export function parseElf(bytes: Buffer): ElfFile | undefined {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) return undefined;
  const segments = readSegments(bytes);
  const string = (offset: number) => bytes.toString("latin1", offset, bytes.indexOf(0, offset));
  const fileOffset = (address: number) => {
    const home = segments.find(
      (one) => one.type === loadSegment && address >= one.address && address < one.address + one.size,
    );
    if (home === undefined) throw new Error(`ELF address 0x${address.toString(16)} is in no segment`);
    return address - home.address + home.offset;
  };
  const dynamic = readDynamic(bytes, segments);
  const table = dynamic.find((entry) => entry.tag === tag.stringTable);
  const strings = (...tags: readonly number[]) =>
    table === undefined
      ? []
      : dynamic.filter((entry) => tags.includes(entry.tag)).map(({ value }) => string(fileOffset(table.value) + value));
  const interpreter = segments.find(({ type }) => type === interpreterSegment);
  return {
    machine: bytes.readUInt16LE(18),
    ...(interpreter === undefined ? {} : { interpreter: string(interpreter.offset) }),
    needed: strings(tag.needed),
    runpath: strings(tag.rpath, tag.runpath).flatMap((path) => path.split(":")),
  };
}

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

function readSegments(bytes: Buffer): Segment[] {
  const table = Number(bytes.readBigUInt64LE(32));
  const entrySize = bytes.readUInt16LE(54);
  return Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
    const at = table + index * entrySize;
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: Number(bytes.readBigUInt64LE(at + 16)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    };
  });
}

function readDynamic(bytes: Buffer, segments: readonly Segment[]): { tag: number; value: number }[] {
  return segments
    .filter(({ type }) => type === dynamicSegment)
    .flatMap(({ offset, size }) =>
      Array.from({ length: Math.floor(size / 16) }, (_, index) => ({
        tag: Number(bytes.readBigInt64LE(offset + index * 16)),
        value: Number(bytes.readBigUInt64LE(offset + index * 16 + 8)),
      })),
    );
}
