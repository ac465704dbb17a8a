/** Aggregations: many samples to one per group, or the highest and lowest of each group. */

import { type Labels, labelKey, metricName, onlyLabels, withoutLabels } from '../labels.ts';
import { nanFirst, quantile, staysInfinite } from './arithmetic.ts';
import type { Aggregate, Aggregation } from './syntax.ts';
import type { Sample } from './value.ts';

interface Group {
  readonly labels: Labels;
  readonly samples: Sample[];
}

/** `parameter` is k or the quantile. Groups come in the order in which they are first met. */
export function aggregated(
  { op, labels, without }: Aggregate,
  samples: readonly Sample[],
  parameter: number,
  now: number,
): readonly Sample[] {
  const groups = new Map<string, Group>();
  for (const sample of samples) {
    const own = without ? withoutLabels(sample.labels, [...labels, metricName]) : onlyLabels(sample.labels, labels);
    const group = groups.get(labelKey(own)) ?? { labels: own, samples: [] };
    groups.set(labelKey(own), group);
    group.samples.push(sample);
  }
  return [...groups.values()].flatMap((group) => {
    if (op === 'topk' || op === 'bottomk') return chosen(group.samples, parameter, op);
    const values = group.samples.map((one) => one.v);
    return [{ labels: group.labels, v: valueOf(op, values, parameter), t: now }];
  });
}

function valueOf(op: Exclude<Aggregation, 'topk' | 'bottomk'>, values: readonly number[], parameter: number): number {
  switch (op) {
    case 'sum':
      return values.reduce((sum, one) => sum + one);
    case 'avg':
      return mean(values);
    case 'min':
      return values.reduce((least, one) => (least > one || Number.isNaN(least) ? one : least));
    case 'max':
      return values.reduce((most, one) => (most < one || Number.isNaN(most) ? one : most));
    case 'count':
      return values.length;
    case 'group':
      return 1;
    case 'stddev':
      return Math.sqrt(variance(values));
    case 'stdvar':
      return variance(values);
    case 'quantile':
      return quantile(parameter, values);
  }
}

function mean(values: readonly number[]): number {
  let [so, count] = [values[0] ?? Number.NaN, 1];
  for (const value of values.slice(1)) {
    count += 1;
    if (!staysInfinite(so, value)) so += value / count - so / count;
  }
  return so;
}

function variance(values: readonly number[]): number {
  let [so, squares, count] = [values[0] ?? Number.NaN, 0, 1];
  for (const value of values.slice(1)) {
    count += 1;
    const apart = value - so;
    so += apart / count;
    squares += apart * (value - so);
  }
  return squares / count;
}

/** Whole samples with their own labels, best first; NaN is chosen last. Of equal ones those met first. */
function chosen(samples: readonly Sample[], k: number, op: 'topk' | 'bottomk'): readonly Sample[] {
  const wanted = Math.trunc(k);
  if (!(wanted >= 1)) return [];
  const order = (a: Sample, b: Sample): number => {
    if (Number.isNaN(a.v) || Number.isNaN(b.v)) return -nanFirst(a.v, b.v);
    return op === 'topk' ? b.v - a.v : a.v - b.v;
  };
  return samples.toSorted(order).slice(0, wanted);
}
