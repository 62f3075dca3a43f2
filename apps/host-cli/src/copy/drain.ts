/**
 * Works on all that is in `queue` or put into it meanwhile, last first, at most `width` at a time. The first failure
 * aborts what the others were given, and is thrown when they have ended.
 */
export async function drain<T>(
  queue: T[],
  width: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const going = new Set<Promise<void>>();
  const start = async (item: T): Promise<void> => {
    try {
      await work(item, either);
    } catch (error) {
      stop.abort(error);
    }
  };
  while (going.size > 0 || (queue.length > 0 && !either.aborted)) {
    for (let item = next(); item !== undefined; item = next()) {
      const started = start(item);
      going.add(started);
      void started.then(() => going.delete(started));
    }
    await Promise.race(going);
  }
  either.throwIfAborted();

  function next(): T | undefined {
    return going.size < width && !either.aborted ? queue.pop() : undefined;
  }
}
