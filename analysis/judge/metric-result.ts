/** Adds one measurement to the result of a metric: counters, history, the message that says why nothing moves. */
import type { Measurement, MetricResult } from '../../crds/schema/analysis-run.ts';
import type { Instant } from '../provider.ts';
import type { Outcome } from './reading.ts';
import { retryDelayMs } from './schedule.ts';
import { timeText } from './time.ts';

/** Measurements kept per metric unless `measurementRetention` says otherwise. */
export const defaultRetention = 10;

/** One measurement as it came back, with the exact times of this process. */
export interface Taken {
  readonly metric: string;
  readonly outcome: Outcome;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  /** What status shows of the metric itself. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface RecordOptions {
  readonly dryRun: boolean;
  readonly retention: number;
  readonly intervalMs: number | undefined;
  /** Argo's status has no field for the last reading. */
  readonly lastReading: boolean;
}

type Counter = 'count' | 'successful' | 'failed' | 'inconclusive' | 'error' | 'consecutiveError' | 'consecutiveSuccess';

/** The result after one more measurement; `before` is undefined for the first. Never changes a phase: `assessMetric` does. */
export function recordMeasurement(
  before: MetricResult | undefined,
  taken: Taken,
  options: RecordOptions,
): MetricResult {
  const base: MetricResult = {
    ...(before ?? { name: taken.metric, phase: 'Running', ...(options.dryRun ? { dryRun: true } : {}) }),
    ...(taken.metadata === undefined ? {} : { metadata: { ...taken.metadata } }),
  };
  const { outcome } = taken;
  if (outcome.kind === 'running') return withMeasurement(base, runningMeasurement(taken, outcome), options);
  if (outcome.kind === 'held') return heldResult(base, taken, outcome, options);
  const counted = { ...base, ...counters(base, outcome.phase) };
  const { message: _message, lastReading: _lastReading, ...rest } = counted;
  const messaged = { ...rest, ...(outcome.message === undefined ? {} : { message: outcome.message }) };
  const lastReading = options.lastReading
    ? { lastReading: { kind: 'value' as const, at: timeText(taken.finishedAt) } }
    : {};
  return withMeasurement({ ...messaged, ...lastReading }, finishedMeasurement(taken, outcome), options);
}

function add(base: MetricResult, changes: Partial<Record<Counter, number>>): Partial<Record<Counter, number>> {
  const sums: Partial<Record<Counter, number>> = {};
  for (const [name, by] of Object.entries(changes)) sums[name as Counter] = (base[name as Counter] ?? 0) + by;
  return sums;
}

/** Errors don't count as measurements, so they never use up `count`. */
function counters(
  base: MetricResult,
  phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error',
): Partial<Record<Counter, number>> {
  switch (phase) {
    case 'Successful':
      return { ...add(base, { count: 1, successful: 1, consecutiveSuccess: 1 }), consecutiveError: 0 };
    case 'Failed':
      return { ...add(base, { count: 1, failed: 1 }), consecutiveError: 0, consecutiveSuccess: 0 };
    case 'Inconclusive':
      return { ...add(base, { count: 1, inconclusive: 1 }), consecutiveError: 0, consecutiveSuccess: 0 };
    case 'Error':
      return { ...add(base, { error: 1, consecutiveError: 1 }), consecutiveSuccess: 0 };
  }
}

/** A held reading leaves the history alone: an outage must not push the last real values out of it. */
function heldResult(
  base: MetricResult,
  taken: Taken,
  outcome: Extract<Outcome, { kind: 'held' }>,
  options: RecordOptions,
): MetricResult {
  const counted = { ...base, ...counters(base, 'Error') };
  const delayMs = retryDelayMs(counted.consecutiveError ?? 1, options.intervalMs, outcome.retryAfterMs);
  return {
    ...withoutUnfinished(counted),
    message: `${outcome.reason === 'misconfigured' ? 'misconfigured' : 'waiting for evidence'}: ${outcome.why}`,
    lastReading: {
      kind: outcome.reason,
      at: timeText(taken.finishedAt),
      why: outcome.why,
      nextAt: timeText(taken.finishedAt + delayMs),
    },
  };
}

function finishedMeasurement(taken: Taken, outcome: Extract<Outcome, { kind: 'judged' }>): Measurement {
  return {
    phase: outcome.phase,
    ...(outcome.message === undefined ? {} : { message: outcome.message }),
    startedAt: timeText(taken.startedAt),
    finishedAt: timeText(taken.finishedAt),
    ...(outcome.value === undefined ? {} : { value: outcome.value }),
    ...(outcome.metadata === undefined ? {} : { metadata: { ...outcome.metadata } }),
  };
}

function runningMeasurement(taken: Taken, outcome: Extract<Outcome, { kind: 'running' }>): Measurement {
  return {
    phase: 'Running',
    startedAt: timeText(taken.startedAt),
    metadata: { ...outcome.resume },
    ...(outcome.lookAgainAt === undefined ? {} : { resumeAt: timeText(outcome.lookAgainAt) }),
  };
}

/** Appends, or replaces the measurement that was still running, whose metadata stays. */
function withMeasurement(base: MetricResult, measurement: Measurement, options: RecordOptions): MetricResult {
  const history = base.measurements ?? [];
  const last = unfinished(base);
  const metadata = { ...last?.metadata, ...measurement.metadata };
  const one: Measurement = {
    ...measurement,
    ...(last?.startedAt === undefined ? {} : { startedAt: last.startedAt }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
  const kept = [...(last === undefined ? history : history.slice(0, -1)), one].slice(-options.retention);
  return { ...base, measurements: kept };
}

/** The measurement under way, if the last one has not ended. */
export function unfinished(result: MetricResult | undefined): Measurement | undefined {
  const last = result?.measurements?.at(-1);
  return last?.phase === 'Running' && last.finishedAt === undefined ? last : undefined;
}

/** A measurement that was lost on the way is no measurement. */
function withoutUnfinished(result: MetricResult): MetricResult {
  return unfinished(result) === undefined ? result : { ...result, measurements: result.measurements?.slice(0, -1) };
}

/** The run ends while a measurement is under way: it counts as inconclusive, as in Argo Rollouts. */
export function cutOff(result: MetricResult, at: Instant): MetricResult {
  const last = unfinished(result);
  if (last === undefined) return result;
  const { resumeAt: _resumeAt, ...rest } = last;
  const message = 'the run ended before this measurement did';
  const ended: Measurement = { ...rest, phase: 'Inconclusive', message, finishedAt: timeText(at) };
  const measurements = [...(result.measurements ?? []).slice(0, -1), ended];
  return { ...result, ...counters(result, 'Inconclusive'), measurements };
}

/** True when the last reading gave no evidence and the metric is waiting for some. */
export function isHeld(result: MetricResult | undefined): boolean {
  const kind = result?.lastReading?.kind;
  return kind === 'no-evidence' || kind === 'misconfigured' || kind === 'unavailable';
}
