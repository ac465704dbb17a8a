/** Reads how often a metric is measured and what it tolerates, and says which of these settings contradict each other. */
import { parseDurationMs } from '../../crds/schema/duration.ts';
import { type IntOrString, parseInt32 } from '../../crds/schema/int-or-string.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProblem } from '../provider.ts';

export interface Limits {
  /** Undefined: measured once. */
  readonly intervalMs: number | undefined;
  readonly initialDelayMs: number;
  /** Undefined: endless. */
  readonly count: number | undefined;
  /** -1: failures never decide. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
  /** 0: off. */
  readonly consecutiveSuccessLimit: number;
}

/** What applies to a metric that sets nothing; also used to schedule a metric whose own settings can't be read. */
export const defaultLimits: Limits = {
  intervalMs: undefined,
  initialDelayMs: 0,
  count: 1,
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
  consecutiveSuccessLimit: 0,
};

type CountField = 'count' | 'failureLimit' | 'inconclusiveLimit' | 'consecutiveErrorLimit' | 'consecutiveSuccessLimit';

export type LimitsOutcome =
  | { readonly kind: 'ok'; readonly limits: Limits }
  | { readonly kind: 'wrong'; readonly problems: readonly MetricProblem[] };

/** Arguments must be substituted before. The rules are Argo Rollouts' own. */
export function readLimits(metric: Metric): LimitsOutcome {
  const problems: MetricProblem[] = [];
  const whole = (field: CountField, least: number, fallback: number): number => {
    const given: IntOrString | undefined = metric[field];
    const value = given === undefined ? fallback : parseInt32(given);
    if (value !== undefined && value >= least) return value;
    problems.push({ field, message: `is ${JSON.stringify(given)}, but must be a whole number of at least ${least}` });
    return fallback;
  };
  const duration = (field: 'interval' | 'initialDelay'): number | undefined => {
    const given = metric[field];
    if (given === undefined || given === '') return undefined;
    const ms = parseDurationMs(given);
    if (ms !== undefined && ms >= 0) return ms;
    problems.push({ field, message: `is ${JSON.stringify(given)}, but must be a duration such as 30s or 1m30s` });
    return undefined;
  };
  const intervalMs = duration('interval');
  const given = whole('count', 0, 0);
  const limits: Limits = {
    intervalMs,
    initialDelayMs: duration('initialDelay') ?? 0,
    count: given > 0 ? given : metric.interval ? undefined : 1,
    failureLimit: whole('failureLimit', -1, 0),
    inconclusiveLimit: whole('inconclusiveLimit', 0, 0),
    consecutiveErrorLimit: whole('consecutiveErrorLimit', 0, 4),
    consecutiveSuccessLimit: whole('consecutiveSuccessLimit', 0, 0),
  };
  problems.push(...contradictions(limits, given));
  return problems.length === 0 ? { kind: 'ok', limits } : { kind: 'wrong', problems };
}

function contradictions(limits: Limits, count: number): MetricProblem[] {
  const problems: MetricProblem[] = [];
  const { failureLimit, inconclusiveLimit, consecutiveSuccessLimit } = limits;
  if (count > 1 && limits.intervalMs === undefined) {
    problems.push({ field: 'interval', message: `is missing, but is required when count is ${count}` });
  }
  const needed = Math.max(0, failureLimit) + consecutiveSuccessLimit;
  if (count > 0 && count < needed) {
    const what = 'failureLimit plus consecutiveSuccessLimit';
    problems.push({ field: 'count', message: `is ${count}, but must not be below ${what} (${needed})` });
  }
  if (count > 0 && count < inconclusiveLimit) {
    problems.push({
      field: 'count',
      message: `is ${count}, but must not be below inconclusiveLimit (${inconclusiveLimit})`,
    });
  }
  if (failureLimit === -1 && consecutiveSuccessLimit === 0) {
    problems.push({ field: 'failureLimit', message: 'is -1, which needs a consecutiveSuccessLimit above 0' });
  }
  return problems;
}
