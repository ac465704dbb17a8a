/** Functions of range vectors: one value out of the points of a window. */

import type { Instant, Point } from '../sample-list.ts';
import { isInfinite, noSum, plus, quantile, regression, staysInfinite, total } from './arithmetic.ts';

export interface Window {
  /** At least one, in order of time; both ends of the window belong to it. */
  readonly points: readonly Point[];
  readonly from: Instant;
  readonly to: Instant;
  /** The moment of evaluation: differs from `to` under an offset. */
  readonly now: Instant;
}

/** Undefined: there is no value, and so no sample. */
export type RangeFunction = (window: Window, parameter: number) => number | undefined;

export const rangeFunctions = {
  rate: (window) => extrapolated(window, { counter: true, perSecond: true }),
  increase: (window) => extrapolated(window, { counter: true, perSecond: false }),
  delta: (window) => extrapolated(window, { counter: false, perSecond: false }),
  irate: ({ points }) => lastStep(points, true),
  idelta: ({ points }) => lastStep(points, false),
  deriv: ({ points }) => (points.length < 2 ? undefined : regression(points, points[0]!.t).slope),
  predict_linear: ({ points, now }, seconds) => {
    if (points.length < 2) return undefined;
    const { slope, intercept } = regression(points, now);
    return slope * seconds + intercept;
  },
  changes: ({ points }) => steps(points, (before, after) => !Object.is(before, after) && before !== after),
  resets: ({ points }) => steps(points, (before, after) => after < before),
  avg_over_time: ({ points }) => average(points),
  sum_over_time: ({ points }) => total(points.reduce((sum, one) => plus(sum, one.v), noSum)),
  min_over_time: ({ points }) => extreme(points, (value, least) => value < least),
  max_over_time: ({ points }) => extreme(points, (value, most) => value > most),
  count_over_time: ({ points }) => points.length,
  last_over_time: ({ points }) => points.at(-1)?.v,
  present_over_time: () => 1,
  stddev_over_time: ({ points }) => Math.sqrt(variance(points)),
  stdvar_over_time: ({ points }) => variance(points),
  quantile_over_time: ({ points }, q) =>
    quantile(
      q,
      points.map((one) => one.v),
    ),
} as const satisfies Readonly<Record<string, RangeFunction>>;

export type RangeFunctionName = keyof typeof rangeFunctions;

export function isRangeFunction(name: string): name is RangeFunctionName {
  return Object.hasOwn(rangeFunctions, name);
}

/**
 * The change over the whole window, although the samples do not reach its ends: as far as they lie no more than 1.1 average
 * distances from an end it is reached in full, else by half a distance. A counter is not followed below zero.
 */
function extrapolated(
  { points, from, to }: Window,
  { counter, perSecond }: { readonly counter: boolean; readonly perSecond: boolean },
): number | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  let change = last.v - first.v;
  if (counter) {
    for (const [at, { v }] of points.entries()) {
      const before = points[at - 1];
      if (before !== undefined && v < before.v) change += before.v;
    }
  }
  let toStart = (first.t - from) / 1000;
  const toEnd = (to - last.t) / 1000;
  const sampled = (last.t - first.t) / 1000;
  const distance = sampled / (points.length - 1);
  if (counter && change > 0 && first.v >= 0) toStart = Math.min(toStart, sampled * (first.v / change));
  const near = distance * 1.1;
  let reached = sampled;
  reached += toStart < near ? toStart : distance / 2;
  reached += toEnd < near ? toEnd : distance / 2;
  let factor = reached / sampled;
  if (perSecond) factor /= (to - from) / 1000;
  return change * factor;
}

/** Between the last two points: per second, and over a reset, for a counter. */
function lastStep(points: readonly Point[], perSecond: boolean): number | undefined {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const change = perSecond && last.v < before.v ? last.v : last.v - before.v;
  return perSecond ? change / ((last.t - before.t) / 1000) : change;
}

function steps(points: readonly Point[], counts: (before: number, after: number) => boolean): number {
  return points.slice(1).filter(({ v }, at) => counts(points[at]!.v, v)).length;
}

function average(points: readonly Point[]): number {
  let mean = noSum;
  let count = 0;
  for (const { v } of points) {
    count += 1;
    if (!staysInfinite(mean.sum, v)) mean = plus(mean, v / count - mean.sum / count);
  }
  return isInfinite(mean.sum) ? mean.sum : mean.sum + mean.rest;
}

/** NaN gives way to any number. */
function extreme(points: readonly Point[], better: (value: number, than: number) => boolean): number | undefined {
  let best = points[0]?.v;
  for (const { v } of points) if (best === undefined || better(v, best) || Number.isNaN(best)) best = v;
  return best;
}

function variance(points: readonly Point[]): number {
  let mean = noSum;
  let squares = noSum;
  let count = 0;
  for (const { v } of points) {
    count += 1;
    const apart = v - (mean.sum + mean.rest);
    mean = plus(mean, apart / count);
    squares = plus(squares, apart * (v - (mean.sum + mean.rest)));
  }
  return (squares.sum + squares.rest) / count;
}
