/** External Data Representation, RFC 4506: what ONC RPC is written in. */

/** A message that ends too early or says what cannot be. */
export class XdrError extends Error {}

export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u32(): number {
    return this.#take(4).readUInt32BE();
  }

  u64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  /** Of `u64`, for an offset or a count: throws for what no file has. */
  size(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new XdrError(`${value} is out of range`);
    return Number(value);
  }

  isTrue(): boolean {
    return this.u32() !== 0;
  }

  fixed(length: number): Buffer {
    const bytes = this.#take(length);
    this.#take(-length & 3);
    return bytes;
  }

  /** A view of the message, not a copy. */
  opaque(maxLength: number): Buffer {
    const length = this.u32();
    if (length > maxLength) throw new XdrError(`${length} bytes, where ${maxLength} are possible`);
    return this.fixed(length);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new XdrError("the message ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

export class XdrWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 512) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u32(value: number): this {
    this.#grow(4).writeUInt32BE(value >>> 0);
    return this;
  }

  u64(value: bigint): this {
    this.#grow(8).writeBigUInt64BE(BigInt.asUintN(64, value));
    return this;
  }

  isTrue(value: boolean): this {
    return this.u32(value ? 1 : 0);
  }

  fixed(bytes: Uint8Array): this {
    this.#grow(bytes.length).set(bytes);
    return this.#pad(bytes.length);
  }

  opaque(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes);
  }

  /** An opaque of what `fill` puts into a piece of `capacity` bytes; it returns how many that are. */
  async opaqueFrom(capacity: number, fill: (into: Buffer) => Promise<number>): Promise<number> {
    const start = this.#length;
    const piece = this.#grow(4 + capacity + 3).subarray(4, 4 + capacity);
    const count = await fill(piece);
    this.#bytes.writeUInt32BE(count, start);
    this.#length = start + 4 + count;
    this.#pad(count);
    return count;
  }

  /** Sets what an earlier `u32` at that place wrote. */
  setU32(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value >>> 0, at);
  }

  /** Forgets what came after the first `length` bytes. */
  cut(length: number): void {
    this.#length = length;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #pad(length: number): this {
    this.#grow(-length & 3).fill(0);
    return this;
  }

  #grow(by: number): Buffer {
    const start = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    return this.#bytes.subarray(start, this.#length);
  }
}
