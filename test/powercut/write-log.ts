import { closeSync, ftruncateSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

/** What a disk was told, in order. `zero` stands for discards, too: what is read there afterwards is zero. */
export type Entry =
  | { kind: "write"; offset: number; data: Buffer; isDurable: boolean }
  | { kind: "zero"; offset: number; length: number; isDurable: boolean }
  | { kind: "flush" }
  /** While no power was on. */
  | { kind: "grow"; sizeBytes: number };

/**
 * A disk loses no part of a block and any blocks of what it has not flushed: 4 KiB is what today's disks write at once,
 * and what ext4 and SQLite take for that.
 */
const BLOCK_BYTES = 4096;

/** Kind and flag, offset or size, length; the data of a write follows. */
const HEADER_BYTES = 14;
const kinds = ["write", "zero", "flush", "grow"] as const;

/** All that a disk was told, in a file. */
export class WriteLog {
  readonly #file: number;
  #end: number;
  #count = 0;

  /** Begins an empty log, goes on with one that is there, or only reads it. */
  constructor(path: string, how: "create" | "append" | "read") {
    this.#file = openSync(path, { create: "w+", append: "r+", read: "r" }[how]);
    this.#end = fstatSync(this.#file).size;
    for (let entries = this.entries(); entries.next().done !== true;) this.#count += 1;
  }

  /** Number of entries so far. */
  get count(): number {
    return this.#count;
  }

  append(entry: Entry): void {
    const data = entry.kind === "write" ? entry.data : Buffer.alloc(0);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(kinds.indexOf(entry.kind), 0);
    if (entry.kind === "grow") header.writeBigUInt64LE(BigInt(entry.sizeBytes), 2);
    else if (entry.kind !== "flush") {
      header.writeUInt8(Number(entry.isDurable), 1);
      header.writeBigUInt64LE(BigInt(entry.offset), 2);
      header.writeUInt32LE(entry.kind === "write" ? data.length : entry.length, 10);
    }
    writeSync(this.#file, Buffer.concat([header, data]), 0, HEADER_BYTES + data.length, this.#end);
    this.#end += HEADER_BYTES + data.length;
    this.#count += 1;
  }

  *entries(): Generator<Entry> {
    const header = Buffer.alloc(HEADER_BYTES);
    for (let at = 0; at < this.#end;) {
      readSync(this.#file, header, 0, HEADER_BYTES, at);
      at += HEADER_BYTES;
      const kind = kinds[header.readUInt8(0)];
      const isDurable = header.readUInt8(1) === 1;
      const offset = Number(header.readBigUInt64LE(2));
      const length = header.readUInt32LE(10);
      if (kind === "write") {
        const data = Buffer.alloc(length);
        readSync(this.#file, data, 0, length, at);
        at += length;
        yield { kind, offset, data, isDurable };
      } else if (kind === "zero") yield { kind, offset, length, isDurable };
      else if (kind === "grow") yield { kind, sizeBytes: offset };
      else yield { kind: "flush" };
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A disk image that entries are applied to. */
export class Image {
  readonly #file: number;
  readonly sizeBytes: number;

  constructor(path: string) {
    this.#file = openSync(path, "r+");
    this.sizeBytes = fstatSync(this.#file).size;
  }

  read(offset: number, length: number): Buffer {
    const data = Buffer.alloc(length);
    readSync(this.#file, data, 0, length, offset);
    return data;
  }

  apply(entry: Entry): void {
    if (entry.kind === "write") writeSync(this.#file, entry.data, 0, entry.data.length, entry.offset);
    else if (entry.kind === "zero") {
      for (let done = 0; done < entry.length; done += ZEROS.length) {
        const zeros = ZEROS.subarray(0, entry.length - done);
        // The image is sparse, and most of what is zeroed is zero.
        if (this.read(entry.offset + done, zeros.length).equals(zeros)) continue;
        writeSync(this.#file, zeros, 0, zeros.length, entry.offset + done);
      }
    } else if (entry.kind === "grow") ftruncateSync(this.#file, entry.sizeBytes);
  }

  /** Only those blocks of the entry that `isKept` says; its parts are aligned as the disk's blocks are. */
  applyTorn(entry: Entry, isKept: () => boolean): void {
    if (entry.kind === "flush" || entry.kind === "grow") return;
    const length = entry.kind === "write" ? entry.data.length : entry.length;
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + BLOCK_BYTES - ((entry.offset + from) % BLOCK_BYTES));
      if (isKept()) {
        const part = { offset: entry.offset + from, isDurable: entry.isDurable };
        this.apply(
          entry.kind === "write"
            ? { kind: "write", ...part, data: entry.data.subarray(from, to) }
            : { kind: "zero", ...part, length: to - from },
        );
      }
      from = to;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

const ZEROS = Buffer.alloc(1 << 20);
