/**
 * Frames: JSON text in UTF-8, one value per line (LF). The byte 0xFF, which UTF-8 never holds, drops whatever came
 * since the last line, so that a new session on an old carrier starts clean. See `docs/protocol.md`.
 */
import { limits } from "./limits.ts";

const lineFeed = 0x0a;
const reset = 0xff;

/** Bytes that were no frame. Never fatal: the decoder goes on with the next line. */
export interface FrameProblem {
  /** `interrupted`: a 0xFF came within a line. `oversize` is told once per line, as soon as it is known. */
  kind: "oversize" | "invalid-utf8" | "invalid-json" | "interrupted";
  /** Of the line so far. */
  sizeBytes: number;
}

export type Decoded = { message: unknown } | { problem: FrameProblem };

export interface FrameDecoder {
  /** Takes bytes split anywhere, gives what they complete, in order. Keeps no reference to `bytes`. Never throws. */
  push(bytes: Uint8Array): Decoded[];
}

/** One line with its LF. `reset` puts a 0xFF before it. */
export function encodeFrame(message: unknown, options: { reset?: boolean } = {}): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
  if (options.reset !== true) return line;
  const frame = new Uint8Array(line.length + 1);
  frame[0] = reset;
  frame.set(line, 1);
  return frame;
}

export function createFrameDecoder(maxFrameBytes: number = limits.frameBytes): FrameDecoder {
  const line = new LineBuffer(maxFrameBytes);
  return {
    push(bytes) {
      const decoded: Decoded[] = [];
      let start = 0;
      // Each is looked up again only once it is passed: a chunk full of one of them stays linear.
      let nextReset = indexOrEnd(bytes, reset, 0);
      let nextLineFeed = indexOrEnd(bytes, lineFeed, 0);
      while (start < bytes.length) {
        if (nextReset < start) nextReset = indexOrEnd(bytes, reset, start);
        if (nextLineFeed < start) nextLineFeed = indexOrEnd(bytes, lineFeed, start);
        const end = Math.min(nextLineFeed, nextReset);
        if (line.append(bytes.subarray(start, end))) {
          decoded.push({ problem: { kind: "oversize", sizeBytes: line.sizeBytes } });
        }
        if (end < bytes.length) {
          const item = bytes[end] === lineFeed ? line.take() : line.interrupt();
          if (item !== undefined) decoded.push(item);
        }
        start = end + 1;
      }
      return decoded;
    },
  };
}

function indexOrEnd(bytes: Uint8Array, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from);
  return index < 0 ? bytes.length : index;
}

const smallBytes = 4096;

/** The line so far: one buffer that grows up to the limit, because a list of one-byte pieces would cost a hundredfold. */
class LineBuffer {
  readonly #limitBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #buffer = new Uint8Array(smallBytes);
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** True when the line passes the limit with this piece. Beyond it bytes are counted, not kept. */
  append(piece: Uint8Array): boolean {
    const wasWithin = this.#sizeBytes <= this.#limitBytes;
    const sizeBytes = this.#sizeBytes + piece.length;
    if (sizeBytes <= this.#limitBytes) {
      this.#reserve(sizeBytes);
      this.#buffer.set(piece, this.#sizeBytes);
    }
    this.#sizeBytes = sizeBytes;
    return wasWithin && sizeBytes > this.#limitBytes;
  }

  /** Ends the line. Nothing for an empty one, and for one whose problem is told already. */
  take(): Decoded | undefined {
    const sizeBytes = this.#sizeBytes;
    const text = sizeBytes > this.#limitBytes ? undefined : this.#text();
    this.#clear();
    if (sizeBytes === 0 || sizeBytes > this.#limitBytes) return undefined;
    if (text === undefined) return { problem: { kind: "invalid-utf8", sizeBytes } };
    try {
      return { message: JSON.parse(text) };
    } catch {
      return { problem: { kind: "invalid-json", sizeBytes } };
    }
  }

  interrupt(): Decoded | undefined {
    const sizeBytes = this.#sizeBytes;
    this.#clear();
    if (sizeBytes === 0 || sizeBytes > this.#limitBytes) return undefined;
    return { problem: { kind: "interrupted", sizeBytes } };
  }

  #text(): string | undefined {
    try {
      return this.#decoder.decode(this.#buffer.subarray(0, this.#sizeBytes));
    } catch {
      return undefined;
    }
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(this.#limitBytes, Math.max(sizeBytes, 2 * this.#buffer.length)));
    grown.set(this.#buffer.subarray(0, this.#sizeBytes));
    this.#buffer = grown;
  }

  #clear(): void {
    this.#sizeBytes = 0;
    if (this.#buffer.length > smallBytes) this.#buffer = new Uint8Array(smallBytes);
  }
}
