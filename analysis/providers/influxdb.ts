/**
 * The metrics backend InfluxDB: a Flux query by the API v2. The value is the list of `_value` of all rows of all tables, in the
 * server's order. No rows are no evidence.
 */
import type { Metric } from '../../crds/schema/metric.ts';
import type { MeasureContext, MetricProvider, Reading } from '../provider.ts';
import { askText, endpoint } from './ask.ts';
import { faultOf, lintProvider } from './faults.ts';
import { readFluxCsv } from './flux-csv.ts';
import { shortened } from './http-outcome.ts';
import { jsonText } from './json-value.ts';
import { openSecret } from './named-secret.ts';

const timeoutMs = 30_000;
const dialect = { header: true, delimiter: ',', annotations: ['datatype', 'group', 'default'] };

export function influxdbProvider(): MetricProvider {
  return { name: 'influxdb', lint: lintProvider, measure };
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const { profile, query = '' } = metric.provider.influxdb ?? {};
  const secret = await openSecret(
    { name: profile || 'influxdb', place: 'shared', needs: ['address', 'authToken', 'org'], open: ['address', 'org'] },
    context,
  );
  if (secret.kind !== 'ok') return secret;
  const url = endpoint(secret.value('address'), '/api/v2/query');
  if (url === undefined)
    return { kind: 'misconfigured', why: `${secret.title} has an address that is no http or https URL; correct it` };
  url.searchParams.set('org', secret.value('org'));
  const asked = await askText(
    {
      backend: 'InfluxDB',
      credentialsIn: `authToken and org in ${secret.title}`,
      url: url.href,
      method: 'POST',
      headers: {
        accept: 'application/csv',
        'content-type': 'application/json',
        authorization: `Token ${secret.value('authToken')}`,
      },
      body: JSON.stringify({ query, type: 'flux', dialect }),
      timeoutMs,
    },
    context,
  );
  return asked.kind === 'ok' ? readingOf(asked.answer.body) : asked;
}

function readingOf(body: string): Reading {
  const outcome = readFluxCsv(body);
  switch (outcome.kind) {
    case 'error':
      return { kind: 'misconfigured', why: `InfluxDB refused the query: ${shortened(outcome.message)}` };
    case 'malformed':
      return { kind: 'unavailable', why: `the answer of InfluxDB ${outcome.why}` };
    case 'rows':
      if (outcome.values.length === 0) return { kind: 'no-evidence', why: 'InfluxDB has no rows for the query' };
      return { kind: 'value', value: outcome.values, text: jsonText(outcome.values) };
  }
}
