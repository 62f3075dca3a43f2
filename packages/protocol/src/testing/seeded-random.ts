/** Chance that a test can repeat: the same seed gives the same numbers. */
export interface SeededRandom {
  /** An integer from 0 up to, not including, `limit`; 0 for a limit of 0. */
  below(limit: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** xorshift32 (Marsaglia 2003): not for secrets, and fast enough for a million frames. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0 || 1;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return limit === 0 ? 0 : (state >>> 0) % limit;
  };
  return { below, pick: (items) => items[below(items.length)] ?? items[0] };
}
