/** The value of a query at one moment, over the samples of a store. */

import { withoutName } from '../labels.ts';
import type { SeriesStore } from '../series-store.ts';
import type { Instant } from '../sample-list.ts';
import { aggregated } from './aggregate.ts';
import { histogramQuantile } from './histogram.ts';
import { computed, withScalar } from './operators.ts';
import { isRangeFunction, type RangeFunction, type RangeFunctionName, rangeFunctions } from './range-functions.ts';
import {
  type Binary,
  type Call,
  type Expression,
  isSetOperator,
  type MatrixSelector,
  type Subquery,
  type VectorSelector,
} from './syntax.ts';
import { type RangeVector, refuseTwins, type Sample, type Value } from './value.ts';
import {
  absentLabels,
  isValueFunction,
  labelsJoined,
  labelsReplaced,
  mapped,
  sorted,
  textArgument,
} from './vector-functions.ts';
import { setOperation, vectorOperation } from './vector-matching.ts';
import { labelKey } from '../labels.ts';

/** How old the newest sample of a series may be; both ends belong to it, as in Prometheus 2. */
const lookBackMs = 300_000;

export interface Moment {
  readonly store: SeriesStore;
  readonly now: Instant;
}

/** @throws QueryProblem */
export function evaluate(expression: Expression, at: Moment): Value {
  switch (expression.kind) {
    case 'number':
      return { kind: 'scalar', v: expression.value };
    case 'string':
      return { kind: 'string', text: expression.value };
    case 'selector':
      return { kind: 'vector', samples: instantVector(expression, at) };
    case 'matrix':
    case 'subquery':
      return { kind: 'matrix', ...rangeVector(expression, at) };
    case 'negate':
      return negated(evaluate(expression.inner, at), at);
    case 'call':
      return called(expression, at);
    case 'aggregate': {
      const parameter = expression.parameter === undefined ? Number.NaN : scalar(expression.parameter, at);
      return { kind: 'vector', samples: aggregated(expression, vector(expression.inner, at), parameter, at.now) };
    }
    case 'binary':
      return combined(expression, at);
  }
}

function vector(expression: Expression, at: Moment): readonly Sample[] {
  const value = evaluate(expression, at);
  return value.kind === 'vector' ? value.samples : [];
}

function scalar(expression: Expression, at: Moment): number {
  const value = evaluate(expression, at);
  return value.kind === 'scalar' ? value.v : Number.NaN;
}

function instantVector({ matchers, offsetMs }: VectorSelector, { store, now }: Moment): readonly Sample[] {
  const moment = now - offsetMs;
  return store.select(matchers).flatMap((series) => {
    const last = series.latest(moment);
    return last === undefined || last.t < moment - lookBackMs ? [] : [{ labels: series.labels, ...last }];
  });
}

function rangeVector(expression: MatrixSelector | Subquery, at: Moment): RangeVector {
  if (expression.kind === 'subquery') return subqueryVector(expression, at);
  const { selector, rangeMs } = expression;
  const to = at.now - selector.offsetMs;
  const from = to - rangeMs;
  const series = at.store.select(selector.matchers).flatMap((one) => {
    const points = one.within(from, to);
    return points.length === 0 ? [] : [{ labels: one.labels, points }];
  });
  return { series, from, to };
}

/** The inner query at every whole multiple of the step within the range. */
function subqueryVector({ inner, rangeMs, stepMs, offsetMs }: Subquery, at: Moment): RangeVector {
  const to = at.now - offsetMs;
  const from = to - rangeMs;
  const found = new Map<string, { labels: Sample['labels']; points: { t: number; v: number }[] }>();
  for (let now = Math.ceil(from / stepMs) * stepMs; now <= to; now += stepMs) {
    for (const { labels, v } of vector(inner, { ...at, now })) {
      const series = found.get(labelKey(labels)) ?? { labels, points: [] };
      found.set(labelKey(labels), series);
      series.points.push({ t: now, v });
    }
  }
  return { series: [...found.values()], from, to };
}

function negated(value: Value, at: Moment): Value {
  if (value.kind === 'scalar') return { kind: 'scalar', v: -value.v };
  if (value.kind !== 'vector') return value;
  const samples = value.samples.map(({ labels, v }) => ({ labels: withoutName(labels), v: -v, t: at.now }));
  refuseTwins(samples);
  return { kind: 'vector', samples };
}

function combined(binary: Binary, at: Moment): Value {
  const { op, bool } = binary;
  const [left, right] = [evaluate(binary.left, at), evaluate(binary.right, at)];
  if (left.kind === 'scalar' && right.kind === 'scalar') return { kind: 'scalar', v: computed(op, left.v, right.v) };
  if (left.kind === 'vector' && right.kind === 'vector') {
    const samples = isSetOperator(op)
      ? setOperation(binary, left.samples, right.samples)
      : vectorOperation(binary, left.samples, right.samples, at.now);
    return { kind: 'vector', samples };
  }
  const scalarIsLeft = left.kind === 'scalar';
  const number = [left, right].find((one) => one.kind === 'scalar')?.v ?? Number.NaN;
  const samples = [left, right].find((one) => one.kind === 'vector')?.samples ?? [];
  const result = withScalar(samples, { op, bool, scalar: number, scalarIsLeft }, at.now);
  refuseTwins(result);
  return { kind: 'vector', samples: result };
}

function called(call: Call, at: Moment): Value {
  const { name, args } = call;
  const [first] = args;
  if (name === 'time') return { kind: 'scalar', v: at.now / 1000 };
  if (first === undefined) return { kind: 'vector', samples: [] };
  if (name === 'vector') return { kind: 'vector', samples: [{ labels: {}, v: scalar(first, at), t: at.now }] };
  if (name === 'scalar') {
    const [only, ...others] = vector(first, at);
    return { kind: 'scalar', v: only === undefined || others.length > 0 ? Number.NaN : only.v };
  }
  const samples = isRangeFunction(name) ? overRange(name, args, at) : ofVector({ ...call, name }, at);
  return { kind: 'vector', samples };
}

function overRange(name: RangeFunctionName, args: readonly Expression[], at: Moment): readonly Sample[] {
  const range = args.find((one) => one.kind === 'matrix' || one.kind === 'subquery');
  const other = args.find((one) => one !== range);
  if (range === undefined) return [];
  const { series, from, to } = rangeVector(range, at);
  const parameter = other === undefined ? Number.NaN : scalar(other, at);
  const value: RangeFunction = rangeFunctions[name];
  const samples = series.flatMap(({ labels, points }) => {
    const v = value({ points, from, to, now: at.now }, parameter);
    // The last of a series is that series' own sample, so it alone keeps the name.
    return v === undefined ? [] : [{ labels: name === 'last_over_time' ? labels : withoutName(labels), v, t: at.now }];
  });
  refuseTwins(samples);
  return samples;
}

type VectorCall = Omit<Call, 'name'> & { readonly name: Exclude<Call['name'], RangeFunctionName> };

function ofVector({ name, args }: VectorCall, at: Moment): readonly Sample[] {
  const [first] = args;
  if (first === undefined) return [];
  if (isValueFunction(name)) {
    const parameters = args.slice(1).map((one) => scalar(one, at));
    const samples = mapped(name, vector(first, at), parameters, at.now);
    refuseTwins(samples);
    return samples;
  }
  const texts = (): string[] => args.slice(1).map(textArgument);
  const present = { labels: absentLabels(first), v: 1, t: at.now };
  switch (name) {
    case 'histogram_quantile':
      return histogramQuantile(scalar(first, at), args[1] === undefined ? [] : vector(args[1], at));
    case 'label_replace':
      return labelsReplaced(vector(first, at), texts());
    case 'label_join':
      return labelsJoined(vector(first, at), texts());
    case 'sort':
    case 'sort_desc':
      return sorted(vector(first, at), name === 'sort_desc');
    case 'absent':
      return vector(first, at).length === 0 ? [present] : [];
    case 'absent_over_time': {
      const value = evaluate(first, at);
      return value.kind === 'matrix' && value.series.length === 0 ? [present] : [];
    }
    case 'timestamp':
      return timestamps(first, at);
    default:
      return [];
  }
}

/** Only a bare selector knows when its samples were measured; whatever was computed is of now. */
function timestamps(of: Expression, at: Moment): readonly Sample[] {
  const measured = of.kind === 'selector';
  const samples = vector(of, at).map(({ labels, t }) => ({
    labels: withoutName(labels),
    v: (measured ? t : at.now) / 1000,
    t: at.now,
  }));
  refuseTwins(samples);
  return samples;
}
