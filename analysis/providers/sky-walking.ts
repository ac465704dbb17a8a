/**
 * The metrics backend Apache SkyWalking: a GraphQL query of the user's, with the span to look at as the variable `$duration`. The
 * value is what stands under `data`, whole; an answer without data, or with errors, is no value.
 */
import { parseDurationMs } from '../../crds/schema/duration.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { Instant, MeasureContext, MetricProvider, Reading } from '../provider.ts';
import { endpoint } from './ask.ts';
import { faultOf, lintProvider } from './faults.ts';
import { askGraphql } from './graphql.ts';
import { jsonText } from './json-value.ts';

const timeoutMs = 30_000;
const defaultSpanMs = 300_000;

export function skyWalkingProvider(): MetricProvider {
  return { name: 'skywalking', lint: lintProvider, measure };
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const { address = '', query = '', interval = '' } = metric.provider.skywalking ?? {};
  const url = endpoint(address, '/graphql');
  if (url === undefined) return { kind: 'misconfigured', why: 'provider.skywalking.address is no http or https URL' };
  const start = minuteText(context.now - (parseDurationMs(interval) || defaultSpanMs));
  const duration = { start, end: minuteText(context.now), step: 'MINUTE' };
  const asked = await askGraphql(
    { backend: 'SkyWalking', url: url.href, query, variables: { duration }, timeoutMs },
    context,
  );
  if (asked.kind !== 'ok') return asked;
  const data = asked.answer;
  if (!isJsonObject(data) || Object.keys(data).length === 0)
    return { kind: 'no-evidence', why: 'SkyWalking has no results for the query' };
  return { kind: 'value', value: data, text: jsonText(data) };
}

/** `2026-01-02 0304`, UTC: SkyWalking's text for a minute. */
function minuteText(at: Instant): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  return `${date} ${time.slice(0, 2)}${time.slice(3, 5)}`;
}
