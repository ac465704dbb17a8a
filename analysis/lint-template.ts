/** Finds what can't work in an analysis template before anything is measured: rules, conditions, queries, refused addresses. Pure. */

import type { AnalysisTemplate, ClusterAnalysisTemplate } from '../crds/schema/analysis-template.ts';
import { isJsonObject, type Json } from '../crds/schema/json.ts';
import type { Metric } from '../crds/schema/metric.ts';
import { unsupportedFields } from '../crds/schema/not-supported.ts';
import { objectText, type Problem, valueText } from '../crds/schema/problem.ts';
import { validateTemplate } from '../crds/schema/validate-analysis.ts';
import { lintCondition } from './expr/condition.ts';
import type { MetricProblem, MetricProvider } from './provider.ts';

export interface LintOptions {
  readonly providers: readonly Pick<MetricProvider, 'name' | 'lint'>[];
  /** Why this host may not be asked, as a clause; undefined when it may, or when that shows only once it is resolved. */
  readonly refusedHost?: (host: string, port: number | undefined) => string | undefined;
}

/** Everything wrong with the template, one sentence each, at most one per field. Empty when it can be measured. */
export function lintTemplate(template: AnalysisTemplate | ClusterAnalysisTemplate, options: LintOptions): Problem[] {
  const known = [...unsupportedFields(template), ...validateTemplate(template)];
  const told = new Set(known.map((one) => one.field));
  const found = (template.spec.metrics ?? []).flatMap((metric, index) =>
    lintMetric(metric, options)
      .map((one) => problemAt(objectText(template), `spec.metrics[${index}]`, metric, one))
      .filter((one) => !told.has(one.field) && !told.has(parentOf(one.field))),
  );
  return [...known, ...found];
}

function parentOf(field: string): string {
  return field.slice(0, field.lastIndexOf('.'));
}

/** What an argument may stand for. A place is wrong only if it is wrong with each of them. */
const standIns = ['1', '1m', 'http://host.example', 'name'] as const;
const placeholder = /\{\{[^{}]*\}\}/g;

function lintMetric(metric: Metric, options: LintOptions): readonly MetricProblem[] {
  const [first = [], ...others] = standIns.map((text) => lintFilled(filled(metric, text), options));
  return first.filter(({ field }) => others.every((other) => other.some((one) => one.field === field)));
}

function filled(metric: Metric, text: string): Metric {
  return fill(metric as unknown as Json, text) as unknown as Metric;
}

function fill(value: Json, text: string): Json {
  if (typeof value === 'string') return value.replaceAll(placeholder, text);
  if (Array.isArray(value)) return value.map((item: Json) => fill(item, text));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [[key, fill(item, text)] as const],
  );
  return Object.fromEntries(entries);
}

function lintFilled(metric: Metric, options: LintOptions): readonly MetricProblem[] {
  const conditions = (['successCondition', 'failureCondition'] as const).flatMap((field) => {
    const source = metric[field];
    const wrong = source === undefined || source === '' ? undefined : lintCondition(source);
    return wrong === undefined ? [] : [{ field, message: `is no valid condition: ${wrong}` }];
  });
  const provider = options.providers.find(({ name }) => name in metric.provider);
  return [...conditions, ...(provider?.lint(metric) ?? []), ...refusedHosts(metric, options)];
}

function refusedHosts(metric: Metric, { refusedHost }: LintOptions): readonly MetricProblem[] {
  const { prometheus, web, graphite, skywalking, kayenta } = metric.provider;
  const urls = [
    { field: 'provider.prometheus.address', text: prometheus?.address },
    { field: 'provider.web.url', text: web?.url },
    { field: 'provider.graphite.address', text: graphite?.address },
    { field: 'provider.skywalking.address', text: skywalking?.address },
    { field: 'provider.kayenta.address', text: kayenta?.address },
  ];
  return urls.flatMap(({ field, text }) => {
    const url = text === undefined ? null : URL.parse(text);
    const why = url === null ? undefined : refusedHost?.(url.hostname, url.port === '' ? undefined : Number(url.port));
    return why === undefined ? [] : [{ field, message: `is an address that may not be asked: ${why}` }];
  });
}

/** Fields whose text may be shown; others may hold secrets. */
const shown: ReadonlySet<string> = new Set([
  'query',
  'address',
  'url',
  'method',
  'jsonPath',
  'successCondition',
  'failureCondition',
]);
const mostShown = 120;

function problemAt(object: string, base: string, metric: Metric, { field, message }: MetricProblem): Problem {
  const value = valueAt(metric, field);
  const last = field.slice(field.lastIndexOf('.') + 1);
  const found = typeof value === 'string' && shown.has(last) ? valueText(cut(value)) : 'not usable';
  const allowed = /^(is|needs) /.test(message) ? `it ${message}` : message;
  const at = `${base}.${field}`;
  const remedy = 'correct it';
  return { field: at, found, allowed, remedy, message: `${object}: ${at} is ${found}, but ${allowed}; ${remedy}.` };
}

function cut(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown - 1)}…`;
}

function valueAt(metric: Metric, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      metric,
    );
}
