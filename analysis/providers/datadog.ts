/** The metrics backend Datadog: API v1 (one query, the last point) and v2 (queries, a formula, an aggregator, groups). */
import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProvider as ProviderSettings } from '../../crds/schema/providers.ts';
import type { MeasureContext, MetricProvider, Reading, SecretRequest } from '../provider.ts';
import { askJson, endpoint, type Question } from './ask.ts';
import { AnswerV1, AnswerV2, readingOfV1, readingOfV2 } from './datadog-answer.ts';
import { faultOf, lintProvider } from './faults.ts';
import { openSecret } from './named-secret.ts';

type Settings = NonNullable<ProviderSettings['datadog']>;

const defaultAddress = 'https://api.datadoghq.com';
const defaultTimeoutMs = 10_000;
const defaultSpanMs = 300_000;

export function datadogProvider(): MetricProvider {
  return { name: 'datadog', lint: lintProvider, measure };
}

/** The Secret of Argo Rollouts: `api-key`, `app-key`, and `address` where the site is not the American one. */
function secretOf({ secretRef }: Settings): SecretRequest {
  return {
    name: secretRef?.name || 'datadog',
    place: secretRef?.namespaced === true ? 'run' : 'shared',
    needs: ['api-key', 'app-key'],
    may: ['address'],
    open: ['address'],
  };
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const settings = metric.provider.datadog ?? {};
  const secret = await openSecret(secretOf(settings), context);
  if (secret.kind !== 'ok') return secret;
  const isV2 = settings.apiVersion === 'v2';
  const url = endpoint(secret.value('address') || defaultAddress, isV2 ? '/api/v2/query/scalar' : '/api/v1/query');
  if (url === undefined)
    return { kind: 'misconfigured', why: `${secret.title} has an address that is no http or https URL; correct it` };
  const common = {
    backend: 'Datadog',
    credentialsIn: `api-key and app-key in ${secret.title}`,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'dd-api-key': secret.value('api-key'),
      'dd-application-key': secret.value('app-key'),
    },
    timeoutMs: parseDurationMs(settings.requestTimeout ?? '') || defaultTimeoutMs,
  };
  return isV2 ? askV2(settings, url, common, context) : askV1(settings, url, common, context);
}

type Common = Omit<Question, 'url' | 'method' | 'body'>;

/** Whole seconds, as Argo Rollouts asks. */
function windowOf({ interval }: Settings, { now }: MeasureContext): { readonly from: number; readonly to: number } {
  const to = Math.floor(now / 1000);
  return { from: to - Math.floor((parseDurationMs(interval ?? '') || defaultSpanMs) / 1000), to };
}

async function askV1(settings: Settings, url: URL, common: Common, context: MeasureContext): Promise<Reading> {
  const { from, to } = windowOf(settings, context);
  url.search = new URLSearchParams({ query: settings.query ?? '', from: String(from), to: String(to) }).toString();
  const asked = await askJson({ ...common, url: url.href, method: 'GET' }, AnswerV1, context);
  return asked.kind === 'ok' ? readingOfV1(asked.answer) : asked;
}

async function askV2(settings: Settings, url: URL, common: Common, context: MeasureContext): Promise<Reading> {
  const { from, to } = windowOf(settings, context);
  const { query, formula, aggregator = 'last' } = settings;
  const named = query ? { query } : (settings.queries ?? {});
  const queries = Object.entries(named).map(([name, text]) => ({
    aggregator,
    data_source: 'metrics',
    name,
    query: text,
  }));
  const formulas = formula ? { formulas: [{ formula }] } : {};
  const attributes = { from: from * 1000, to: to * 1000, queries, ...formulas };
  const body = JSON.stringify({ data: { type: 'scalar_request', attributes } });
  const asked = await askJson({ ...common, url: url.href, method: 'POST', body }, AnswerV2, context);
  return asked.kind === 'ok' ? readingOfV2(asked.answer) : asked;
}
