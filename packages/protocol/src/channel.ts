/**
 * A byte pipe to the peer: virtio-serial, a unix socket, or a pair in memory.
 *
 * Bytes may arrive split anywhere, and bytes of an earlier session may come first: `connect()` copes with both.
 */
export interface Channel {
  /** What the peer sent. Ends when the peer or the carrier is gone; fails when the carrier fails. Read once. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when the carrier took the bytes, not when the peer read them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Idempotent; ends `incoming`. */
  close(): Promise<void>;
}
