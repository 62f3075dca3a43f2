/** What bounds a session; `docs/protocol.md` says why each number is what it is. */
export const limits = {
  /** One frame without its LF. */
  frameBytes: 1024 * 1024,
  /** Requests of the peer that may be unanswered at a time. */
  requestsInFlight: 64,
  /** Requests of the peer whose repeats are recognised. */
  rememberedIds: 1024,
  /** Frames that the carrier has not taken yet. A peer that reads nothing must not fill our memory. */
  queuedBytes: 16 * 1024 * 1024,
  /** One piece of a log: it fits a frame even when JSON escapes each of its bytes. */
  logBytes: 128 * 1024,
  /** Between two hellos while there is no session yet. */
  helloIntervalMs: 250,
} as const;

/** Versions that this code speaks: what `hello.protocol` says. */
export const protocolRange = { min: 1, max: 1 } as const;
