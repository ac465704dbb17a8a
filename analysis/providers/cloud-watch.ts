/** The metrics backend Amazon CloudWatch: GetMetricData over a span that ends now; the result is the list of its results. */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Json } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { AwsAccess } from '../../outbound/aws/access.ts';
import { type Element, members, textAt } from '../../outbound/aws/xml.ts';
import type { Instant, MeasureContext, MetricProblem, MetricProvider, Missing, Reading } from '../provider.ts';
import { sampleValue } from './prometheus-answer.ts';

const prefix = 'provider.cloudWatch';
const version = '2010-08-01';
const defaultSpanMs = 5 * 60_000;
const maxTextLength = 16_384;
const mostPages = 10;

type Settings = NonNullable<Metric['provider']['cloudWatch']>;
type Query = NonNullable<Settings['metricDataQueries']>[number];

export interface CloudWatchOptions {
  /** Absent: nothing can be measured. */
  readonly aws?: AwsAccess | undefined;
}

export function cloudWatchProvider({ aws }: CloudWatchOptions = {}): MetricProvider {
  return {
    name: 'cloudWatch',
    lint: (metric) => lint(settingsOf(metric)),
    measure: (metric, context) => measure(settingsOf(metric), context, aws),
  };
}

function settingsOf(metric: Metric): Settings {
  return metric.provider.cloudWatch ?? {};
}

function lint({ interval, metricDataQueries = [] }: Settings): MetricProblem[] {
  const problems = metricDataQueries.flatMap((query, index) =>
    queryProblems(query, `${prefix}.metricDataQueries[${index}]`),
  );
  if (metricDataQueries.length === 0)
    problems.push({ field: `${prefix}.metricDataQueries`, message: 'is empty: name at least one query' });
  if (interval && !((parseDurationMs(interval) ?? 0) > 0))
    problems.push({ field: `${prefix}.interval`, message: 'is no duration such as 30m' });
  return problems;
}

function queryProblems({ id = '', expression, metricStat }: Query, field: string): MetricProblem[] {
  const problems: MetricProblem[] = [];
  if (id === '') problems.push({ field: `${field}.id`, message: 'is missing: name it by letters and digits' });
  const asks = [expression, metricStat].filter((one) => one !== undefined && one !== '');
  if (asks.length !== 1) problems.push({ field, message: 'needs either expression or metricStat' });
  return problems;
}

async function measure(settings: Settings, context: MeasureContext, aws: AwsAccess | undefined): Promise<Reading> {
  const [problem] = lint(settings);
  if (problem !== undefined) return { kind: 'misconfigured', why: `${problem.field} ${problem.message}` };
  if (aws === undefined) return { kind: 'misconfigured', why: 'this controller has no access to AWS' };
  const params = paramsOf(settings, context.now);
  const pages: Element[] = [];
  let next: string | undefined;
  do {
    const answer = await aws.query(
      {
        service: 'monitoring',
        version,
        action: 'GetMetricData',
        params: next ? { ...params, NextToken: next } : params,
      },
      { nowMs: context.now, signal: context.signal },
    );
    if (answer.kind === 'failed') return { kind: answer.lasting ? 'misconfigured' : 'unavailable', why: answer.why };
    pages.push(answer.result);
    next = textAt(answer.result, 'NextToken') || undefined;
    if (pages.length >= mostPages && next)
      return {
        kind: 'misconfigured',
        why: 'CloudWatch has too many values: ask for a shorter interval or a longer period',
      };
  } while (next);
  return readingOf(pages);
}

function paramsOf({ interval, metricDataQueries = [] }: Settings, now: Instant): Record<string, string> {
  const spanMs = (interval ? parseDurationMs(interval) : undefined) ?? defaultSpanMs;
  return {
    StartTime: new Date(now - spanMs).toISOString(),
    EndTime: new Date(now).toISOString(),
    ...numbered('MetricDataQueries', metricDataQueries.map(queryParams)),
  };
}

type Params = Readonly<Record<string, string | number | boolean | undefined>>;

function queryParams({ id, expression, label, period, returnData, metricStat }: Query): Params {
  const { metric, stat, unit } = metricStat ?? {};
  const dimensions = (metric?.dimensions ?? []).map(({ name, value }): Params => ({ Name: name, Value: value }));
  return {
    Id: id,
    Expression: expression,
    Label: label,
    Period: period,
    ReturnData: returnData,
    'MetricStat.Metric.Namespace': metric?.namespace,
    'MetricStat.Metric.MetricName': metric?.metricName,
    ...numbered('MetricStat.Metric.Dimensions', dimensions),
    'MetricStat.Period': metricStat?.period,
    'MetricStat.Stat': stat,
    'MetricStat.Unit': unit,
  };
}

/** `<name>.member.<n>.<key>`, as the query protocol writes lists; what is not set is left out. */
function numbered(name: string, items: readonly Params[]): Record<string, string> {
  const pairs = items.flatMap((item, index) =>
    Object.entries(item).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[`${name}.member.${index + 1}.${key}`, String(value)] as const],
    ),
  );
  return Object.fromEntries(pairs);
}

/** One result of a query: the names are those that conditions written for Argo Rollouts use. */
interface Result {
  readonly Id: string;
  readonly Label: string;
  readonly StatusCode: string;
  readonly Timestamps: string[];
  readonly Values: number[];
}

function readingOf(pages: readonly Element[]): Reading {
  const results = new Map<string, Result>();
  for (const element of pages.flatMap((page) => members(page, 'MetricDataResults'))) {
    const result = resultOf(element);
    if (result === undefined) return unreadable;
    const before = results.get(result.Id);
    results.set(result.Id, before === undefined ? result : joined(before, result));
  }
  const all = [...results.values()];
  const failed = all.find(({ StatusCode }) => StatusCode === 'InternalError' || StatusCode === 'Forbidden');
  if (failed !== undefined) return statusReading(failed);
  const warnings = warningsOf(pages, all);
  const value = all.map((one): Json => ({ ...one }));
  const text = JSON.stringify(value).slice(0, maxTextLength);
  return { kind: 'value', value, text, ...(warnings.length === 0 ? {} : { warnings }) };
}

const unreadable: Missing = { kind: 'unavailable', why: 'CloudWatch answered with a value that is no number' };

function statusReading({ Id, StatusCode }: Result): Missing {
  const why = `CloudWatch has no values of the query ${Id} (${StatusCode})`;
  return { kind: StatusCode === 'Forbidden' ? 'misconfigured' : 'unavailable', why };
}

function resultOf(element: Element): Result | undefined {
  const Values = members(element, 'Values').map((one) => sampleValue(one.text.trim()));
  if (Values.includes(undefined)) return undefined;
  return {
    Id: textAt(element, 'Id') ?? '',
    Label: textAt(element, 'Label') ?? '',
    StatusCode: textAt(element, 'StatusCode') ?? '',
    Timestamps: members(element, 'Timestamps').map((one) => one.text.trim()),
    Values: Values.filter((one) => one !== undefined),
  };
}

/** A result that goes on over several pages. */
function joined(before: Result, after: Result): Result {
  return {
    ...after,
    Timestamps: [...before.Timestamps, ...after.Timestamps],
    Values: [...before.Values, ...after.Values],
  };
}

/** A metric that is sparse by nature says so with FILL(id, 0); without it, no values at all are no evidence. */
function warningsOf(pages: readonly Element[], results: readonly Result[]): string[] {
  const partial = results.filter(({ StatusCode }) => StatusCode === 'PartialData').map(({ Id }) => `${Id} is partial`);
  const isEmpty = results.length > 0 && results.every(({ Values }) => Values.length === 0);
  const said = pages
    .flatMap((page) => members(page, 'Messages'))
    .map((one) => textAt(one, 'Value')?.slice(0, 300) ?? '');
  return [...(isEmpty ? ['no query has a value'] : []), ...partial, ...said.filter((text) => text !== '')];
}
