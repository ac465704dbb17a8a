/**
 * The real clock. `now()` is wall time for status and deadlines; `monotonicMs()` never jumps and is the only time that
 * leases, HTTP deadlines and back-off know.
 */

import type { Clock, Instant } from './api.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
};

/** Longest delay that setTimeout takes: a larger one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(ms, maxTimerMs));
    signal.addEventListener('abort', wake, { once: true });
  });
}

/** A clock whose wall time runs `rate` times as fast since `from` (epoch ms); monotonic time and sleeps stay as they are. */
export function scaledClock({ from, rate }: { readonly from: Instant; readonly rate: number }): Clock {
  return { ...systemClock, rate, now: () => Math.round(from + (Date.now() - from) * rate) };
}

/** How long to sleep until wall time has reached `at`; at least 1 ms. */
export function sleepMsUntil(clock: Clock, at: Instant): number {
  return Math.max(1, (at - clock.now()) / (clock.rate ?? 1));
}

/** The given clock, or the real one. */
export function clockOr(clock: Clock | undefined): Clock {
  return clock ?? systemClock;
}
