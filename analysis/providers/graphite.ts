/**
 * The metrics backend Graphite. The query is what follows `/render?`; the value is the list of points of its first target, without
 * those that have no value, as in Argo Rollouts. No series, or one without points, is no evidence; points without values are an
 * empty list, which only a condition that asks about it can pass.
 */
import { z } from 'zod';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MeasureContext, MetricProvider, Reading } from '../provider.ts';
import { askJson, endpoint } from './ask.ts';
import { faultOf, lintProvider } from './faults.ts';
import { jsonText } from './json-value.ts';

const timeoutMs = 10_000;

const numeric = z
  .string()
  .regex(/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/)
  .transform(Number);
const Answer = z.array(
  z.object({ datapoints: z.array(z.tuple([z.union([z.number(), numeric]).nullable(), z.unknown()])) }),
);

export function graphiteProvider(): MetricProvider {
  return { name: 'graphite', lint: lintProvider, measure };
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const { address = '', query = '' } = metric.provider.graphite ?? {};
  const url = endpoint(address, '/render');
  if (url === undefined) return { kind: 'misconfigured', why: 'provider.graphite.address is no http or https URL' };
  url.search = searchOf(query);
  const asked = await askJson(
    { backend: 'Graphite', url: url.href, method: 'GET', headers: { accept: 'application/json' }, timeoutMs },
    Answer,
    context,
  );
  if (asked.kind !== 'ok') return asked;
  const points = asked.answer[0]?.datapoints ?? [];
  if (points.length === 0) return { kind: 'no-evidence', why: 'Graphite has no points for the query' };
  const values = points.flatMap(([value]) => (value === null ? [] : [value]));
  return { kind: 'value', value: values, text: jsonText(values) };
}

/** All white space goes, so that a query may stand on several lines; the format is always JSON. */
function searchOf(query: string): string {
  const search = new URLSearchParams(query.replace(/\s+/g, ''));
  search.set('format', 'json');
  return search.toString();
}
