/** Limits how much runs at once: a pool of places, and a queue of one per key. Waiting ends when the caller's signal ends. */

export interface Pool {
  /** Runs `work` when a place is free. Rejects with the signal's reason when it ends before that. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** A pool of `places`; those who wait are served in the order they came. */
export function pool(places: number): Pool {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async use(signal, work) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await turn(waiting, signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

/** One pool per key; a key nobody uses takes no memory. */
export function keyedPool(placesPerKey: number): {
  use<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
} {
  const pools = new Map<string, { pool: Pool; users: number }>();
  return {
    async use(key, signal, work) {
      const entry = pools.get(key) ?? { pool: pool(placesPerKey), users: 0 };
      pools.set(key, entry);
      entry.users += 1;
      try {
        return await entry.pool.use(signal, work);
      } finally {
        entry.users -= 1;
        if (entry.users === 0) pools.delete(key);
      }
    },
  };
}

function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const index = waiting.indexOf(go);
      if (index >= 0) waiting.splice(index, 1);
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const go = () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.push(go);
  });
}

/** The answer of `work`, or the signal's reason if that ends first; `work` itself goes on. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
