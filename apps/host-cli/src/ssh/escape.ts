import { Transform, type TransformCallback } from "node:stream";

const codes = { tilde: 0x7e, dot: 0x2e, lineFeed: 0x0a, carriageReturn: 0x0d };

/**
 * What somebody types, as ssh(1) has it: `~.` at the beginning of a line calls `leave` and is not passed on, `~~` there is a `~`. The way out of a
 * session whose other side does not answer.
 */
export class EscapeFilter extends Transform {
  readonly #leave: () => void;
  #state: "line-start" | "tilde" | "line" = "line-start";

  constructor(leave: () => void) {
    super();
    this.#leave = leave;
  }

  override _transform(typed: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const passed: number[] = [];
    for (const byte of typed) {
      if (this.#state === "line-start" && byte === codes.tilde) {
        this.#state = "tilde";
        continue;
      }
      if (this.#state === "tilde" && byte === codes.dot) {
        this.#leave();
        break;
      }
      if (this.#state === "tilde" && byte !== codes.tilde) passed.push(codes.tilde);
      passed.push(byte);
      this.#state = byte === codes.lineFeed || byte === codes.carriageReturn ? "line-start" : "line";
    }
    done(null, Buffer.from(passed));
  }

  /** A tilde that nothing has followed was meant. */
  override _flush(done: TransformCallback): void {
    done(null, this.#state === "tilde" ? "~" : undefined);
  }
}
