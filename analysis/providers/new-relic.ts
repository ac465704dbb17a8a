/**
 * The metrics backend New Relic: NRQL by NerdGraph. One row of the answer is the value itself, a map of its columns; several are the
 * list of them. No row, or a single row without columns, is no evidence.
 */
import { z } from 'zod';
import { Json } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MeasureContext, MetricProvider, Missing, Reading } from '../provider.ts';
import { endpoint } from './ask.ts';
import { faultOf, lintProvider } from './faults.ts';
import { askGraphql } from './graphql.ts';
import { jsonText } from './json-value.ts';
import { openSecret, type OpenSecret } from './named-secret.ts';

const addresses: ReadonlyMap<string, string> = new Map([
  ['us', 'https://api.newrelic.com/graphql'],
  ['eu', 'https://api.eu.newrelic.com/graphql'],
  ['jp', 'https://api.jp.newrelic.com/graphql'],
]);
const defaultQuerySeconds = 5;
/** For the way there and back, on top of what the query may take. */
const spareMs = 5_000;

const query =
  'query Measure($account: Int!, $nrql: Nrql!, $timeout: Seconds) ' +
  '{ actor { account(id: $account) { nrql(query: $nrql, timeout: $timeout) { results } } } }';

const Data = z.object({
  actor: z.object({
    account: z.object({ nrql: z.object({ results: z.array(z.record(z.string(), Json)).nullish() }) }),
  }),
});

export function newRelicProvider(): MetricProvider {
  return { name: 'newRelic', lint: lintProvider, measure };
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const { profile, query: nrql, timeout } = metric.provider.newRelic ?? {};
  const open = ['account-id', 'region', 'base-url-nerdgraph'];
  const secret = await openSecret(
    { name: profile || 'newrelic', place: 'shared', needs: ['personal-api-key', 'account-id'], may: open, open },
    context,
  );
  if (secret.kind !== 'ok') return secret;
  const target = targetOf(secret);
  if (target.kind !== 'ok') return target;
  const seconds = timeout !== undefined && timeout > 0 ? timeout : undefined;
  const asked = await askGraphql(
    {
      backend: 'New Relic',
      credentialsIn: `personal-api-key in ${secret.title}`,
      url: target.url.href,
      headers: { 'api-key': secret.value('personal-api-key') },
      query,
      variables: { account: target.account, nrql, ...(seconds === undefined ? {} : { timeout: seconds }) },
      timeoutMs: (seconds ?? defaultQuerySeconds) * 1000 + spareMs,
    },
    context,
  );
  return asked.kind === 'ok' ? readingOf(asked.answer) : asked;
}

type Target = { readonly kind: 'ok'; readonly url: URL; readonly account: number } | Missing;

/** Where to ask and for which account. The address of a proxy is the whole one, as in Argo Rollouts. */
function targetOf({ title, value }: OpenSecret): Target {
  const wrong = (why: string): Missing => ({ kind: 'misconfigured', why: `${title} ${why}` });
  if (!/^\d{1,15}$/.test(value('account-id'))) return wrong('has an account-id that is no number; correct it');
  const region = (value('region') || 'us').toLowerCase();
  const proxy = value('base-url-nerdgraph');
  const address = proxy || addresses.get(region);
  if (address === undefined)
    return wrong(`has the region ${JSON.stringify(region)}, but it must be ${[...addresses.keys()].join(', ')}`);
  const url = endpoint(address, '');
  if (url === undefined) return wrong('has a base-url-nerdgraph that is no http or https URL; correct it');
  return { kind: 'ok', url, account: Number(value('account-id')) };
}

function readingOf(data: unknown): Reading {
  const parsed = Data.safeParse(data);
  if (!parsed.success)
    return { kind: 'unavailable', why: 'New Relic answered without results; may this key ask for this account?' };
  const results = parsed.data.actor.account.nrql.results ?? [];
  const [first] = results;
  if (first === undefined || (results.length === 1 && Object.keys(first).length === 0))
    return { kind: 'no-evidence', why: 'New Relic has no results for the query' };
  const value: Json = results.length === 1 ? first : results;
  return { kind: 'value', value, text: jsonText(value) };
}
