/**
 * A clock for tests with real sockets: sleeps are recorded and over at once, so that a back-off of half a minute costs
 * nothing and can still be looked at.
 */

import type { Clock } from '../api.ts';

export interface QuickClock extends Clock {
  /** The length of every sleep so far. */
  readonly slept: readonly number[];
  /** From now on sleeps last until `resume`, as real ones would. */
  hold(): void;
  resume(): void;
}

export function quickClock(): QuickClock {
  const slept: number[] = [];
  const held = new Set<() => void>();
  let holding = false;
  return {
    slept,
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => {
      slept.push(ms);
      if (signal.aborted || !holding) return new Promise((resolve) => setImmediate(resolve));
      return new Promise((resolve) => {
        held.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    hold: () => {
      holding = true;
    },
    resume: () => {
      holding = false;
      for (const wake of held) wake();
      held.clear();
    },
  };
}
