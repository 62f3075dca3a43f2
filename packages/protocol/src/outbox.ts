import type { Channel } from "./channel.ts";
import { encodeEnvelope, type Envelope } from "./envelope.ts";
import { errorCodes, errorText, RpcError } from "./errors.ts";
import { limits } from "./limits.ts";

interface Item {
  sizeBytes: number;
  /** Asked when the carrier takes it: nothing when it is no longer wanted. */
  bytes: () => Uint8Array | undefined;
  written: PromiseWithResolvers<undefined>;
}

/** The one writer of a channel: frames leave whole and in order, and wait in bounded memory. */
export class Outbox {
  readonly #channel: Channel;
  readonly #onFailure: (reason: RpcError) => void;
  readonly #queue: Item[] = [];
  #queuedBytes = 0;
  #writing = false;
  #closed: RpcError | undefined;

  constructor(channel: Channel, onFailure: (reason: RpcError) => void) {
    this.#channel = channel;
    this.#onFailure = onFailure;
  }

  /**
   * Sends what nobody waits for: resolves when the carrier took it or never will. An answer that is too large becomes
   * the error that says so.
   */
  async post(envelope: Envelope): Promise<void> {
    const frame = encodeAnswer(envelope);
    // A failure ends the session, which tells whoever has to know.
    await this.send(frame.length, () => frame).catch(() => undefined);
  }

  /** Resolves when the carrier took the bytes. The promise may be dropped: a failure also ends the session. */
  send(sizeBytes: number, bytes: Item["bytes"]): Promise<void> {
    const written = Promise.withResolvers<undefined>();
    // Whoever sends an answer or a hello has nobody to tell; `onFailure` does.
    written.promise.catch(() => undefined);
    if (this.#closed !== undefined) {
      written.reject(this.#closed);
      return written.promise;
    }
    this.#queue.push({ sizeBytes, bytes, written });
    this.#queuedBytes += sizeBytes;
    if (this.#queuedBytes > limits.queuedBytes) {
      const waiting = `${this.#queuedBytes} bytes wait for it, the limit is ${limits.queuedBytes}`;
      this.#onFailure(new RpcError(errorCodes.closed, `the peer does not read: ${waiting}`));
    } else if (!this.#writing) {
      void this.#write();
    }
    return written.promise;
  }

  /** Drops what was not written. Idempotent. */
  close(reason: RpcError): void {
    this.#closed ??= reason;
    for (const item of this.#queue.splice(0)) item.written.reject(reason);
  }

  async #write(): Promise<void> {
    this.#writing = true;
    for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
      this.#queuedBytes -= item.sizeBytes;
      try {
        const bytes = item.bytes();
        if (bytes !== undefined) await this.#channel.write(bytes);
        item.written.resolve(undefined);
      } catch (cause) {
        const reason = new RpcError(errorCodes.closed, `cannot write to the channel: ${errorText(cause)}`, { cause });
        item.written.reject(reason);
        this.#onFailure(reason);
      }
    }
    this.#writing = false;
  }
}

function encodeAnswer(envelope: Envelope): Uint8Array {
  try {
    return encodeEnvelope(envelope);
  } catch (error) {
    if (envelope.kind !== "result" && envelope.kind !== "error") throw error;
    const code = error instanceof RpcError ? error.code : errorCodes.internal;
    return encodeEnvelope({ kind: "error", id: envelope.id, error: { code, message: errorText(error) } });
  }
}
