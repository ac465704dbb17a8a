/**
 * Growing waits between tries: exponential with jitter, bounded, reset by the caller when things go well.
 */

export interface BackOff {
  /** The next wait in milliseconds; each call makes the following one longer. */
  next(): number;
  reset(): void;
  /** Tries since the last reset. */
  tries(): number;
}

export interface BackOffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** 0 to 1, as Math.random; tests pass their own. */
  readonly random?: () => number;
}

/** The wait doubles each time; the jitter takes up to half of it away, so that a crowd spreads out. */
export function backOff(options: BackOffOptions): BackOff {
  const random = options.random ?? Math.random;
  let tries = 0;
  return {
    next: () => {
      const fullMs = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(tries, 40));
      tries += 1;
      return fullMs * (1 - random() / 2);
    },
    reset: () => {
      tries = 0;
    },
    tries: () => tries,
  };
}
