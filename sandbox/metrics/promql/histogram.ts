/** Quantiles of classic histograms: one series per bucket, told apart by the label `le`. */

import { type Labels, labelKey, withoutLabels, metricName } from '../labels.ts';
import type { Sample } from './value.ts';

interface Bucket {
  readonly upTo: number;
  /** Observations up to there: those of smaller buckets too. */
  count: number;
}

/** One sample per histogram. Series without a readable `le` are left out. */
export function histogramQuantile(q: number, samples: readonly Sample[]): readonly Sample[] {
  const histograms = new Map<string, { readonly labels: Labels; readonly t: number; readonly buckets: Bucket[] }>();
  for (const { labels, v, t } of samples) {
    const upTo = boundOf(labels['le'] ?? '');
    if (upTo === undefined) continue;
    const own = withoutLabels(labels, ['le', metricName]);
    const histogram = histograms.get(labelKey(own)) ?? { labels: own, t, buckets: [] };
    histograms.set(labelKey(own), histogram);
    histogram.buckets.push({ upTo, count: v });
  }
  return [...histograms.values()].map(({ labels, t, buckets }) => ({ labels, t, v: bucketQuantile(q, buckets) }));
}

function boundOf(text: string): number | undefined {
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
}

/** Observations are taken to lie evenly within a bucket; of the highest one only its lower end is known. */
function bucketQuantile(q: number, given: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const buckets = rising(merged(given));
  const last = buckets.at(-1);
  if (last?.upTo !== Number.POSITIVE_INFINITY || buckets.length < 2) return Number.NaN;
  if (last.count === 0 || Number.isNaN(last.count)) return Number.NaN;
  let rank = q * last.count;
  const found = buckets.slice(0, -1).findIndex((one) => one.count >= rank);
  const at = found < 0 ? buckets.length - 1 : found;
  const bucket = buckets[at]!;
  const below = buckets[at - 1];
  if (at === buckets.length - 1) return below?.upTo ?? Number.NaN;
  if (below === undefined && bucket.upTo <= 0) return bucket.upTo;
  rank -= below?.count ?? 0;
  const start = below?.upTo ?? 0;
  return start + (bucket.upTo - start) * (rank / (bucket.count - (below?.count ?? 0)));
}

function merged(given: readonly Bucket[]): readonly Bucket[] {
  const result: Bucket[] = [];
  for (const bucket of given.toSorted((a, b) => a.upTo - b.upTo)) {
    const before = result.at(-1);
    if (before?.upTo === bucket.upTo) before.count += bucket.count;
    else result.push({ ...bucket });
  }
  return result;
}

/** Rates of buckets may be out of step for a moment: a bucket never holds fewer than the one below it. */
function rising(buckets: readonly Bucket[]): readonly Bucket[] {
  let most = Number.NEGATIVE_INFINITY;
  return buckets.map(({ upTo, count }) => {
    most = Math.max(most, count);
    return { upTo, count: most };
  });
}
