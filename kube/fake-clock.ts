/**
 * A clock that tests move by hand. Sleepers wake in the order of their times, and whatever their waking sets off gets
 * its turn before time moves on.
 */

import type { Clock, Instant } from './api.ts';

export interface FakeClock extends Clock {
  /** Moves both times on by `ms`, waking every sleeper that falls due on the way. */
  advance(ms: number): Promise<void>;
  /** As a process sees it that was stopped for `ms` and continued: time jumps first, and only then what fell due wakes. */
  freeze(ms: number): Promise<void>;
  /** How many sleeps are pending: lets a test wait until a loop has reached its sleep. */
  sleepers(): number;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** `startMs` is the first wall time; monotonic time starts at 0. */
export function fakeClock(startMs: Instant = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleepers: () => sleepers.size,
    sleep: (ms, signal) => {
      if (signal.aborted || ms <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper: Sleeper = {
          at: elapsedMs + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal.addEventListener('abort', sleeper.wake, { once: true });
      });
    },
    async freeze(ms) {
      elapsedMs += ms;
      for (const sleeper of sleepers) if (sleeper.at <= elapsedMs) sleeper.wake();
      await settle();
    },
    async advance(ms) {
      const until = elapsedMs + ms;
      for (;;) {
        await settle();
        const next = earliest(sleepers);
        if (next === undefined || next.at > until) break;
        elapsedMs = next.at;
        next.wake();
      }
      elapsedMs = until;
      await settle();
    },
  };
}

function earliest(sleepers: ReadonlySet<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) if (first === undefined || sleeper.at < first.at) first = sleeper;
  return first;
}

/** Lets promise chains that are ready run to their next wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
