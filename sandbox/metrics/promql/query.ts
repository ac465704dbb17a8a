/** Queries from text to result: at one moment, and over a range of moments. Never throws for what a query says. */

import { compareLabels, labelKey, type Labels } from '../labels.ts';
import type { SeriesStore } from '../series-store.ts';
import type { Instant, Point } from '../sample-list.ts';
import { evaluate } from './evaluate.ts';
import { parseQuery } from './parse.ts';
import { type ProblemType, QueryProblem } from './problem.ts';
import type { Expression } from './syntax.ts';
import { typeInWords, typeOf } from './types.ts';
import type { PointSeries, Value } from './value.ts';

export interface QueryError {
  readonly kind: 'error';
  readonly type: ProblemType;
  readonly message: string;
}

/** Samples of vectors count as measured at the moment of the query. */
export type InstantResult = { readonly kind: 'value'; readonly value: Value } | QueryError;
export type RangeResult = { readonly kind: 'series'; readonly series: readonly PointSeries[] } | QueryError;

export interface QueryRange {
  readonly start: Instant;
  readonly end: Instant;
  /** Above 0. */
  readonly stepMs: number;
}

export function instantQuery(store: SeriesStore, query: string, now: Instant): InstantResult {
  return caught(() => ({ kind: 'value', value: evaluate(parseQuery(query), { store, now }) }));
}

/** Series in order of their labels; scalars become one series without labels. */
export function rangeQuery(store: SeriesStore, query: string, range: QueryRange): RangeResult {
  return caught(() => {
    const expression = parseQuery(query);
    const type = typeOf(expression);
    if (type !== 'scalar' && type !== 'vector')
      throw new QueryProblem(
        'bad_data',
        `invalid parameter "query": invalid expression type "${typeInWords(type)}" for range query, must be Scalar or instant Vector`,
      );
    return { kind: 'series', series: overRange(store, expression, range) };
  });
}

function overRange(store: SeriesStore, expression: Expression, { start, end, stepMs }: QueryRange): PointSeries[] {
  const found = new Map<string, { labels: Labels; points: Point[] }>();
  for (let now = start; now <= end; now += stepMs) {
    for (const { labels, v } of samplesOf(evaluate(expression, { store, now }))) {
      const series = found.get(labelKey(labels)) ?? { labels, points: [] };
      found.set(labelKey(labels), series);
      series.points.push({ t: now, v });
    }
  }
  return [...found.values()].toSorted((a, b) => compareLabels(a.labels, b.labels));
}

function samplesOf(value: Value): readonly { readonly labels: Labels; readonly v: number }[] {
  if (value.kind === 'vector') return value.samples;
  return value.kind === 'scalar' ? [{ labels: {}, v: value.v }] : [];
}

function caught<T>(run: () => T): T | QueryError {
  try {
    return run();
  } catch (error) {
    if (error instanceof QueryProblem) return { kind: 'error', type: error.type, message: error.message };
    throw error;
  }
}
