/** Time and chance, handed in so that tests decide both. */
export interface Clock {
  /** Never the same twice, across restarts too; some 128 bits. */
  randomId(): string;
  /** Aborts after `ms`, or with `signal`. Releases its timer when `signal` aborts. */
  deadline(ms: number, signal: AbortSignal): AbortSignal;
}
