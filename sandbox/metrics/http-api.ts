/** The routes of the Prometheus HTTP API that queries need: query, query_range, labels, values, series, readiness. */

import { type Answer, errorAnswer, instantAnswer, rangeAnswer, success } from './answer.ts';
import { sortedLabels } from './labels.ts';
import { durationMs } from './promql/literals.ts';
import { instantQuery, rangeQuery } from './promql/query.ts';
import type { SeriesStore } from './series-store.ts';
import type { Instant } from './sample-list.ts';

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  /** Of the query and, for a POST, of the form. */
  readonly parameters: URLSearchParams;
}

export interface ApiData {
  readonly store: SeriesStore;
  readonly now: () => Instant;
}

/** Points per series, above which Prometheus refuses. */
const maxPoints = 11_000;

/** Undefined when there is no such route. */
export function apiAnswer(call: ApiCall, data: ApiData): Answer | undefined {
  switch (call.path) {
    case '/api/v1/query':
      return query(call.parameters, data);
    case '/api/v1/query_range':
      return range(call.parameters, data);
    case '/api/v1/labels':
      return success([...new Set(data.store.all().flatMap(({ labels }) => Object.keys(labels)))].toSorted());
    case '/api/v1/series':
      return series(call.parameters, data);
    default: {
      const name = /^\/api\/v1\/label\/([a-zA-Z_][a-zA-Z0-9_]*)\/values$/.exec(call.path)?.[1];
      return name === undefined ? undefined : success(labelValues(name, data));
    }
  }
}

function query(parameters: URLSearchParams, { store, now }: ApiData): Answer {
  const time = parameters.get('time');
  const at = time === null || time === '' ? now() : instantOf(time);
  if (at === undefined) return invalid('time', `cannot parse "${time ?? ''}" to a valid timestamp`);
  return instantAnswer(instantQuery(store, parameters.get('query') ?? '', at), at);
}

function range(parameters: URLSearchParams, { store }: ApiData): Answer {
  const [from, to, stepText] = ['start', 'end', 'step'].map((name) => parameters.get(name) ?? '');
  const start = instantOf(from ?? '');
  if (start === undefined) return invalid('start', `cannot parse "${from ?? ''}" to a valid timestamp`);
  const end = instantOf(to ?? '');
  if (end === undefined) return invalid('end', `cannot parse "${to ?? ''}" to a valid timestamp`);
  if (end < start) return invalid('end', 'end timestamp must not be before start time');
  const stepMs = stepOf(stepText ?? '');
  if (stepMs === undefined) return invalid('step', `cannot parse "${stepText ?? ''}" to a valid duration`);
  if (stepMs <= 0)
    return invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((end - start) / stepMs > maxPoints) {
    const message = `exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)`;
    return errorAnswer({ type: 'bad_data', message });
  }
  return rangeAnswer(rangeQuery(store, parameters.get('query') ?? '', { start, end, stepMs }));
}

/** Every series with one of the given metric names; for looking around, so no full selectors. */
function series(parameters: URLSearchParams, { store }: ApiData): Answer {
  const names = parameters.getAll('match[]');
  if (names.length === 0) return errorAnswer({ type: 'bad_data', message: 'no match[] parameter provided' });
  const found = store.all().filter(({ labels }) => names.includes(labels['__name__'] ?? ''));
  return success(found.map(({ labels }) => Object.fromEntries(sortedLabels(labels))));
}

function labelValues(name: string, { store }: ApiData): readonly string[] {
  const values = store.all().flatMap(({ labels }) => (labels[name] === undefined ? [] : [labels[name]]));
  return [...new Set(values)].toSorted();
}

function invalid(parameter: string, why: string): Answer {
  return errorAnswer({ type: 'bad_data', message: `invalid parameter "${parameter}": ${why}` });
}

/** Seconds, rounded to milliseconds, or RFC 3339, cut to them. */
function instantOf(text: string): Instant | undefined {
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    const seconds = Number(text);
    const whole = Math.trunc(seconds);
    return whole * 1000 + Math.round((seconds - whole) * 1000);
  }
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[-+]\d{2}:\d{2})$/;
  const at = form.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Seconds as a number, or a duration such as 15s; cut to milliseconds. */
function stepOf(text: string): number | undefined {
  const seconds = Number(text);
  if (text !== '' && Number.isFinite(seconds)) return Math.trunc(seconds * 1000);
  return durationMs(text);
}
