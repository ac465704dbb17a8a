/** Checks as they are drawn: limit, readings of this revision's analyses, and how many are still needed. Pure. */

import type { AnalysisRun, Measurement, MetricResult } from '../../../crds/schema/analysis-run.ts';
import type { Metric } from '../../../crds/schema/metric.ts';
import type { CheckPicture, CheckUnit, Limit, ReadingPicture } from './demo-scene.ts';

/** Runs of one revision, any order. `stable`: what Prometheus says of the stable revision, by metric name. */
export function checkPictures(
  runs: readonly AnalysisRun[],
  stable: Readonly<Record<string, number>>,
): readonly CheckPicture[] {
  const oldestFirst = runs.toSorted((a, b) => startOf(a).localeCompare(startOf(b)));
  const names = [...new Set(oldestFirst.flatMap((run) => run.spec.metrics.map((metric) => metric.name)))];
  return names.map((name) => checkPicture(name, oldestFirst, stable[name]));
}

function checkPicture(name: string, runs: readonly AnalysisRun[], stableValue: number | undefined): CheckPicture {
  const own = runs.filter((run) => run.spec.metrics.some((metric) => metric.name === name));
  const newest = own.at(-1);
  const metric = newest?.spec.metrics.find((one) => one.name === name);
  const result = newest === undefined ? undefined : resultOf(newest, name);
  const limit = metric === undefined ? undefined : limitOf(metric);
  const unit = unitOf(name);
  const needed = Number(metric?.count ?? (metric?.interval === undefined ? 1 : Number.NaN));
  return {
    name,
    unit,
    ...(limit === undefined ? {} : { limit }),
    limitText: limit === undefined ? (metric?.successCondition ?? '') : limitText(limit, unit),
    phase: result?.phase ?? 'Pending',
    readings: own.flatMap((run) => (resultOf(run, name)?.measurements ?? []).map(readingPicture)),
    ...(stableValue === undefined ? {} : { stableValue }),
    isWatched: result?.dryRun ?? false,
    done: result?.count ?? 0,
    ...(Number.isFinite(needed) ? { needed } : {}),
  };
}

function startOf(run: AnalysisRun): string {
  return run.status?.startedAt ?? run.metadata.creationTimestamp ?? '';
}

function resultOf(run: AnalysisRun, name: string): MetricResult | undefined {
  return run.status?.metricResults?.find((result) => result.name === name);
}

function readingPicture(measurement: Measurement): ReadingPicture {
  const value = numberIn(measurement.value);
  return {
    at: Date.parse(measurement.finishedAt ?? measurement.startedAt ?? ''),
    passed: measurement.phase === 'Successful',
    ...(value === undefined ? {} : { value }),
  };
}

/** The first number of `0.93`, `[0.93]`; undefined for NaN, empty and anything else. */
export function numberIn(text: string | undefined): number | undefined {
  const found = /-?\d+(\.\d+)?(e[+-]?\d+)?/i.exec(text ?? '');
  return found === null ? undefined : Number(found[0]);
}

/** The limit in a condition of the simple form `result[0] >= 0.95`. */
export function limitOf(metric: Pick<Metric, 'successCondition'>): Limit | undefined {
  const match = /^\s*result(?:\[0\])?\s*(>=?|<=?)\s*([\d.]+)\s*$/.exec(metric.successCondition ?? '');
  if (match === null) return undefined;
  return { bound: match[1]?.startsWith('>') ? 'least' : 'most', value: Number(match[2]) };
}

function unitOf(name: string): CheckUnit {
  if (/rate|share|ratio/.test(name)) return 'share';
  return /latency|seconds|duration/.test(name) ? 'seconds' : 'plain';
}

export function valueText(value: number | undefined, unit: CheckUnit): string {
  if (value === undefined || !Number.isFinite(value)) return 'no data';
  switch (unit) {
    case 'share':
      return `${trimmed(value * 100, 1)} %`;
    case 'seconds':
      return value < 1 ? `${Math.round(value * 1000)} ms` : `${trimmed(value, 2)} s`;
    case 'plain':
      return trimmed(value, 3);
  }
}

export function limitText({ bound, value }: Limit, unit: CheckUnit): string {
  return `${bound === 'least' ? '≥' : '≤'} ${valueText(value, unit)}`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
