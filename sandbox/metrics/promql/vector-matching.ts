/** Operators between two instant vectors: which sample meets which, and what labels the result has. */

import {
  type Labels,
  labelKey,
  labelText,
  metricName,
  onlyLabels,
  withLabel,
  withoutLabels,
  withoutName,
} from '../labels.ts';
import { compares, computed } from './operators.ts';
import { failed } from './problem.ts';
import { type Binary, isComparison, type Matching } from './syntax.ts';
import type { Sample } from './value.ts';

type Signature = (labels: Labels) => string;

function signatureOf({ on, labels }: Matching): Signature {
  return on ? (of) => labelKey(onlyLabels(of, labels)) : (of) => labelKey(withoutLabels(of, [...labels, metricName]));
}

export function setOperation(
  { op, matching }: Binary,
  left: readonly Sample[],
  right: readonly Sample[],
): readonly Sample[] {
  const signature = signatureOf(matching);
  const has = (samples: readonly Sample[]): ReadonlySet<string> => new Set(samples.map((one) => signature(one.labels)));
  if (op === 'or') {
    const known = has(left);
    return [...left, ...right.filter((one) => !known.has(signature(one.labels)))];
  }
  const others = has(right);
  return left.filter((one) => others.has(signature(one.labels)) === (op === 'and'));
}

/** @throws QueryProblem when a sample has more than one partner where only one is allowed. */
export function vectorOperation(
  binary: Binary,
  left: readonly Sample[],
  right: readonly Sample[],
  now: number,
): readonly Sample[] {
  // Nothing can meet, so nothing is found to be ambiguous either.
  if (left.length === 0 || right.length === 0) return [];
  const { matching } = binary;
  const swapped = matching.group === 'right';
  const [many, one] = swapped ? [right, left] : [left, right];
  const signature = signatureOf(matching);
  const partners = partnersOf(one, signature, swapped ? 'left' : 'right', matching);
  const results: Sample[] = [];
  const made = new Map<string, Set<string>>();
  for (const sample of many) {
    const key = signature(sample.labels);
    const partner = partners.get(key);
    if (partner === undefined) continue;
    const result = resultOf(binary, sample, partner, swapped, now);
    if (result === undefined) continue;
    refuseSecond(made, key, result.labels, matching);
    results.push(result);
  }
  return results;
}

function partnersOf(
  samples: readonly Sample[],
  signature: Signature,
  side: string,
  matching: Matching,
): ReadonlyMap<string, Sample> {
  const partners = new Map<string, Sample>();
  for (const sample of samples) {
    const key = signature(sample.labels);
    const other = partners.get(key);
    if (other !== undefined) {
      const group = matching.on
        ? onlyLabels(sample.labels, matching.labels)
        : withoutLabels(sample.labels, [...matching.labels, metricName]);
      throw failed(
        `found duplicate series for the match group ${labelText(group)} on the ${side} hand-side of the operation: ` +
          `[${labelText(sample.labels)}, ${labelText(other.labels)}]` +
          ';many-to-many matching not allowed: matching labels must be unique on one side',
      );
    }
    partners.set(key, sample);
  }
  return partners;
}

function resultOf(binary: Binary, sample: Sample, partner: Sample, swapped: boolean, now: number): Sample | undefined {
  const { op, bool } = binary;
  const [left, right] = swapped ? [partner.v, sample.v] : [sample.v, partner.v];
  const filter = isComparison(op) && !bool;
  if (filter && !compares(op, left, right)) return undefined;
  const labels = resultLabels(binary, sample.labels, partner.labels, filter);
  return { labels, v: filter ? left : computed(op, left, right), t: now };
}

function resultLabels({ matching }: Binary, many: Labels, one: Labels, keepName: boolean): Labels {
  const { on, labels, group, include } = matching;
  let result = keepName ? many : withoutName(many);
  if (group === 'none') result = on ? onlyLabels(result, labels) : withoutLabels(result, labels);
  for (const name of include) result = withLabel(result, name, one[name] ?? '');
  return result;
}

/** One partner per sample without a group modifier; with one, at least the results must differ. */
function refuseSecond(made: Map<string, Set<string>>, key: string, labels: Labels, matching: Matching): void {
  const before = made.get(key);
  const own = labelKey(labels);
  if (before === undefined) {
    made.set(key, new Set([own]));
    return;
  }
  if (matching.group === 'none')
    throw failed('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
  if (before.has(own)) throw failed('multiple matches for labels: grouping labels must ensure unique matches');
  before.add(own);
}
