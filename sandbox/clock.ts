/**
 * The time of a sandbox: all of it runs `rate` times as fast, sleeps and monotonic time too, so that a start delay of one
 * second takes 100 ms at rate 10.
 */

import type { Clock, Instant } from '../kube/api.ts';
import { systemClock } from '../kube/clock.ts';

/** How long simulated time stays behind real time; the programs of users take the future for an error. */
const behindMs = 10 * 60_000;

/**
 * `from` for a cluster that people look at, started at `startedAt`: kubectl tells ages by its own clock, so that simulated
 * time begins in the past, and passes real time only after ten minutes. At rate 1 it makes no difference.
 */
export function fromBehind(startedAt: Instant): Instant {
  return startedAt + behindMs;
}

/** `from`: the moment (epoch ms) at which virtual and real time are the same. */
export function sandboxClock({ from, rate }: { readonly from: Instant; readonly rate: number }): Clock {
  return {
    now: () => Math.round(from + (Date.now() - from) * rate),
    monotonicMs: () => performance.now() * rate,
    sleep: (ms, signal) => systemClock.sleep(ms / rate, signal),
  };
}
