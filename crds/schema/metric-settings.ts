/** What an unset field of a metric means, once arguments have been put in: counts, limits and times as numbers. */

import { parseDurationMs } from './duration.ts';
import { parseInt32 } from './int-or-string.ts';
import type { Metric } from './metric.ts';

export interface MetricSettings {
  /** Measurements to take; undefined is endless. */
  readonly count: number | undefined;
  readonly intervalMs: number | undefined;
  readonly initialDelayMs: number;
  /** -1 never fails. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
  /** 0 is off. */
  readonly consecutiveSuccessLimit: number;
}

/** Fields that hold a number or a text that becomes one. */
export const metricNumberFields = [
  'count',
  'failureLimit',
  'inconclusiveLimit',
  'consecutiveErrorLimit',
  'consecutiveSuccessLimit',
] as const;

/** Fields that hold a duration. */
export const metricDurationFields = ['interval', 'initialDelay'] as const;

/** True for a text that arguments are still to be put into. */
export function isTemplated(value: number | string | undefined): boolean {
  return typeof value === 'string' && value.includes('{{');
}

/** The settings of a metric; a value that can't be read counts as unset (validation refuses it before). */
export function metricSettings(metric: Metric): MetricSettings {
  const limit = (value: number | string | undefined, unset: number) =>
    (value === undefined ? undefined : parseInt32(value)) ?? unset;
  const intervalMs = metric.interval === undefined ? undefined : parseDurationMs(metric.interval);
  const given = metric.count === undefined ? undefined : parseInt32(metric.count);
  const count = given !== undefined && given > 0 ? given : undefined;
  return {
    count: count ?? (intervalMs === undefined ? 1 : undefined),
    intervalMs,
    initialDelayMs: (metric.initialDelay === undefined ? undefined : parseDurationMs(metric.initialDelay)) ?? 0,
    failureLimit: limit(metric.failureLimit, 0),
    inconclusiveLimit: limit(metric.inconclusiveLimit, 0),
    consecutiveErrorLimit: limit(metric.consecutiveErrorLimit, 4),
    consecutiveSuccessLimit: limit(metric.consecutiveSuccessLimit, 0),
  };
}
