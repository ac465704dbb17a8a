/** The last reading of each metric beside its limits: what an analysis saw, and what it needs. Pure. */

import type { AnalysisRun, MetricResult } from '../../crds/schema/analysis-run.ts';
import type { Metric } from '../../crds/schema/metric.ts';

export interface Reading {
  readonly analysisRun: string;
  readonly metric: string;
  readonly phase: string;
  /** Value measured last; absent when there was none. */
  readonly value?: string;
  /** Why there is no value, or what the provider said. */
  readonly why?: string;
  readonly successCondition?: string;
  readonly failureCondition?: string;
  /** "1 of 2 allowed" failures, errors, inconclusive measurements. */
  readonly spent: readonly string[];
  readonly at?: string;
  /** When it is measured again. */
  readonly nextAt?: string;
  /** True: it is only watched. */
  readonly dryRun: boolean;
}

export function readingsOf(run: AnalysisRun): readonly Reading[] {
  const results = new Map((run.status?.metricResults ?? []).map((result) => [result.name, result]));
  return run.spec.metrics.map((metric) => reading(run.metadata.name, metric, results.get(metric.name)));
}

function reading(analysisRun: string, metric: Metric, result: MetricResult | undefined): Reading {
  const last = result?.measurements?.at(-1);
  const { successCondition, failureCondition } = metric;
  const at = last?.finishedAt ?? last?.startedAt ?? result?.lastReading?.at;
  const why = result?.lastReading?.why ?? (last?.message || result?.message);
  return {
    analysisRun,
    metric: metric.name,
    phase: result?.phase ?? 'Pending',
    ...(last?.value === undefined ? {} : { value: last.value }),
    ...(why ? { why } : {}),
    ...(successCondition === undefined ? {} : { successCondition }),
    ...(failureCondition === undefined ? {} : { failureCondition }),
    spent: spentOf(metric, result),
    ...(at === undefined ? {} : { at }),
    ...(result?.lastReading?.nextAt === undefined ? {} : { nextAt: result.lastReading.nextAt }),
    dryRun: result?.dryRun ?? false,
  };
}

function spentOf(metric: Metric, result: MetricResult | undefined): readonly string[] {
  if (result === undefined) return [];
  const counts: readonly [string, number | undefined, string | number | undefined, number][] = [
    ['failed', result.failed, metric.failureLimit, 0],
    ['inconclusive', result.inconclusive, metric.inconclusiveLimit, 0],
    ['errors in a row', result.consecutiveError, metric.consecutiveErrorLimit, 4],
  ];
  return counts.flatMap(([word, count, limit, byDefault]) =>
    count === undefined || count === 0 ? [] : [`${count} ${word}, ${limit ?? byDefault} allowed`],
  );
}
