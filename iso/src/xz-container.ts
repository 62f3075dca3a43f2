import { crc32 } from "node:zlib";

/**
 * An `.xz` file is: a header of 12 bytes, blocks that know nothing of one another, an index of their sizes, a footer
 * (https://tukaani.org/xz/xz-file-format.txt).
 */
export interface XzParts {
  header: Buffer;
  blocks: Buffer;
  records: readonly BlockRecord[];
}

interface BlockRecord {
  /** Without the padding to 4 bytes. */
  blockBytes: number;
  contentBytes: number;
}

const headerBytes = 12;
const footerBytes = 12;

/** Takes a file of one stream apart. Throws when it is none, or is cut off. */
export function parseXz(file: Buffer): XzParts {
  const footer = file.subarray(-footerBytes);
  if (file.length < headerBytes + footerBytes || footer.toString("latin1", 10) !== "YZ")
    throw new Error("not a whole .xz file");
  const indexBytes = (footer.readUInt32LE(4) + 1) * 4;
  const indexAt = file.length - footerBytes - indexBytes;
  const index = file.subarray(indexAt, -footerBytes);
  const numbers = readNumbers(index.subarray(1, -4));
  const records = Array.from({ length: numbers[0] ?? 0 }, (_, position) => ({
    blockBytes: numbers[1 + position * 2] ?? 0,
    contentBytes: numbers[2 + position * 2] ?? 0,
  }));
  return { header: file.subarray(0, headerBytes), blocks: file.subarray(headerBytes, indexAt), records };
}

/** Puts the blocks of several streams into one, which decodes to the contents of all. Their flags must be equal. */
export function joinXz(parts: readonly XzParts[]): Buffer {
  const header = parts[0]?.header ?? Buffer.alloc(0);
  if (parts.some((part) => !part.header.equals(header))) throw new Error("the .xz streams have different flags");
  const records = parts.flatMap((part) => part.records);
  const numbers = [records.length, ...records.flatMap(({ blockBytes, contentBytes }) => [blockBytes, contentBytes])];
  const list = Buffer.concat([Buffer.from([0]), ...numbers.map(writeNumber)]);
  const index = withChecksum(Buffer.concat([list, Buffer.alloc((4 - (list.length % 4)) % 4)]));
  const footer = Buffer.alloc(footerBytes);
  footer.writeUInt32LE(index.length / 4 - 1, 4);
  header.copy(footer, 8, 6, 8);
  footer.writeUInt32LE(crc32(footer.subarray(4, 10)), 0);
  footer.write("YZ", 10);
  return Buffer.concat([header, ...parts.map((part) => part.blocks), index, footer]);
}

function withChecksum(bytes: Buffer): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(bytes));
  return Buffer.concat([bytes, checksum]);
}

/** Numbers of 7 bits a byte, least first; the last byte of each has its high bit clear. */
function readNumbers(bytes: Buffer): number[] {
  const numbers: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if ((byte & 0x80) !== 0) continue;
    numbers.push(value);
    [value, scale] = [0, 1];
  }
  return numbers;
}

function writeNumber(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}
