/** When a metric is measured next, computed from status alone, so that a restart changes nothing. */
import type { MetricResult } from '../../crds/schema/analysis-run.ts';
import type { Instant } from '../provider.ts';
import type { Limits } from './limits.ts';
import { readTime } from './time.ts';

/** Argo Rollouts repeats a measurement that ended in an Error after this time, whatever the interval. */
export const errorRetryMs = 10_000;

/** A shorter interval is treated as this one, so that no typo becomes a flood of queries. */
export const leastIntervalMs = 250;

/** How long a measurement under way is left alone when nothing tells that it has ended. */
export const lookEveryMs = 5_000;

const firstRetryMs = 5_000;
const longestRetryMs = 60_000;
const longestRetryAfterMs = 300_000;

/**
 * How long to wait after the nth reading in a row without evidence: 5 s, doubled each time, at most one minute and never
 * longer than the interval that the user asked for, unless the backend itself asks for more (at most five minutes).
 */
export function retryDelayMs(inARow: number, intervalMs: number | undefined, retryAfterMs: number | undefined): number {
  const cap = intervalMs === undefined ? longestRetryMs : Math.min(longestRetryMs, Math.max(intervalMs, 1000));
  const ownMs = Math.min(cap, firstRetryMs * 2 ** Math.min(10, Math.max(0, inARow - 1)));
  return Math.max(ownMs, Math.min(retryAfterMs ?? 0, longestRetryAfterMs));
}

export interface ScheduleInput {
  readonly result: MetricResult | undefined;
  readonly limits: Limits;
  readonly runStartedAt: Instant;
  /** Exact end of the last measurement when this process took it: status keeps whole seconds only. */
  readonly finishedAt?: Instant | undefined;
}

/** The time of the next measurement, perhaps past; undefined when there will be none. Metrics that are decided need no call. */
export function nextMeasurementAt(input: ScheduleInput): Instant | undefined {
  const { result, limits, runStartedAt } = input;
  const held = readTime(result?.lastReading?.nextAt);
  if (held !== undefined) return held;
  const last = result?.measurements?.at(-1);
  if (result === undefined || last === undefined) return runStartedAt + limits.initialDelayMs;
  if (last.finishedAt === undefined) {
    const lookedAt = input.finishedAt === undefined ? runStartedAt : input.finishedAt + lookEveryMs;
    return readTime(last.resumeAt) ?? lookedAt;
  }
  if (limits.count !== undefined && (result.count ?? 0) >= limits.count) return undefined;
  const finishedAt = Math.max(readTime(last.finishedAt) ?? 0, input.finishedAt ?? 0);
  if (last.phase === 'Error') return finishedAt + errorRetryMs;
  return finishedAt + (limits.intervalMs === undefined ? errorRetryMs : Math.max(limits.intervalMs, leastIntervalMs));
}
