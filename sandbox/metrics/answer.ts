/** Results as the JSON of the Prometheus HTTP API: numbers are texts, times are seconds. */

import type { Json, JsonObject } from '../../crds/schema/json.ts';
import { type Labels, sortedLabels } from './labels.ts';
import type { InstantResult, QueryError, RangeResult } from './promql/query.ts';
import type { Instant } from './sample-list.ts';

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

export function instantAnswer(result: InstantResult, now: Instant): Answer {
  if (result.kind === 'error') return errorAnswer(result);
  const { value } = result;
  switch (value.kind) {
    case 'scalar':
      return success({ resultType: 'scalar', result: [now / 1000, scalarText(value.v)] });
    case 'string':
      return success({ resultType: 'string', result: [now / 1000, value.text] });
    case 'vector': {
      const samples = value.samples.map(({ labels, v }) => ({
        metric: labelObject(labels),
        value: [now / 1000, sampleText(v)],
      }));
      return success({ resultType: 'vector', result: samples });
    }
    case 'matrix':
      return rangeAnswer({ kind: 'series', series: value.series });
  }
}

export function rangeAnswer(result: RangeResult): Answer {
  if (result.kind === 'error') return errorAnswer(result);
  const series = result.series.map(({ labels, points }) => ({
    metric: labelObject(labels),
    values: points.map(({ t, v }) => [t / 1000, sampleText(v)]),
  }));
  return success({ resultType: 'matrix', result: series });
}

export function success(data: Json): Answer {
  return { status: 200, body: { status: 'success', data } };
}

/** bad_data is 400, execution 422. */
export function errorAnswer({ type, message }: Pick<QueryError, 'type' | 'message'>): Answer {
  const status = type === 'bad_data' ? 400 : 422;
  return { status, body: { status: 'error', errorType: type, error: message } };
}

function labelObject(labels: Labels): JsonObject {
  return Object.fromEntries(sortedLabels(labels));
}

/** The shortest text that reads back as the same number; exponents, of at least two digits, as in Go's 'g'-like form. */
export function sampleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Scalars are written without exponent, however long. */
export function scalarText(value: number): string {
  const text = sampleText(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', rest = '', exponent = ''] = parts;
  const digits = first + rest;
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
}
