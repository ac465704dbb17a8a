/** The metrics backend Prometheus, and everything that speaks its HTTP API: Thanos, Mimir, VictoriaMetrics. */
import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { PrometheusProvider } from '../../crds/schema/providers.ts';
import type { Credentials, OutboundOutcome } from '../../outbound/outcome.ts';
import { evaluateTime } from '../expr/condition.ts';
import type { Instant, MeasureContext, MetricProblem, MetricProvider, Missing, Reading } from '../provider.ts';
import { badStatus, isPage, noAnswer, type Response } from './http-outcome.ts';
import { managedPrometheusRegion } from './aws-signature.ts';
import { type Authorities, authorize, headersOf, isSet, lintSettings } from './http-settings.ts';
import { oauth2Tokens } from './oauth2.ts';
import { answerReading, readAnswer } from './prometheus-answer.ts';
import { lintPromql } from './promql-lint.ts';

const defaultTimeoutSeconds = 30;
const prefix = 'provider.prometheus';

export interface PrometheusOptions {
  /** For metrics that name no address. */
  readonly defaultAddress?: string | undefined;
  /** Absent: requests to AWS are not signed. */
  readonly aws?: Authorities['aws'];
}

export function prometheusProvider(options: PrometheusOptions = {}): MetricProvider {
  const authorities = { tokens: oauth2Tokens(), aws: options.aws };
  return {
    name: 'prometheus',
    lint: (metric) => lint(settingsOf(metric), options),
    measure: (metric, context) => measure(settingsOf(metric), options, context, authorities),
    // The name under which Argo Rollouts shows it.
    metadata: (metric) => ({ ResolvedPrometheusQuery: settingsOf(metric).query ?? '' }),
  };
}

function settingsOf(metric: Metric): PrometheusProvider {
  return metric.provider.prometheus ?? {};
}

function lint(settings: PrometheusProvider, options: PrometheusOptions): MetricProblem[] {
  const problems = lintSettings(settings, prefix);
  const address = settings.address || options.defaultAddress;
  if (!address)
    problems.push({ field: `${prefix}.address`, message: 'is missing: name the address of a Prometheus server' });
  else if (apiUrl(address, 'query') === undefined) {
    problems.push({
      field: `${prefix}.address`,
      message: 'is no http or https URL such as http://prometheus.monitoring:9090',
    });
  }
  const syntax = lintPromql(settings.query ?? '');
  if (syntax !== undefined)
    problems.push({ field: `${prefix}.query`, message: `is no valid PromQL: ${syntax.message}` });
  if (settings.rangeQuery !== undefined && rangeParameters(settings.rangeQuery, 0) === undefined) {
    const message = 'needs start and end such as now() - duration("1h"), and a step such as 1m';
    problems.push({ field: `${prefix}.rangeQuery`, message });
  }
  return problems;
}

async function measure(
  settings: PrometheusProvider,
  options: PrometheusOptions,
  context: MeasureContext,
  authorities: Authorities,
): Promise<Reading> {
  const problems = lint(settings, options);
  // The server has the last word on the language: MetricsQL knows more than the grammar here.
  const [blocking] = problems.filter(({ field }) => field !== `${prefix}.query` || !settings.query?.trim());
  if (blocking !== undefined) return misconfigured(blocking);
  const address = settings.address || (options.defaultAddress ?? '');
  const authorized = await authorize(signedByDefault(settings, address), address, context, authorities);
  if (authorized.kind !== 'ok') return authorized;
  const outcome = await ask(settings, options, context, authorized.credentials);
  const reading = authorized.hide(readingOf(outcome, context.now));
  const [syntax] = problems;
  if (syntax !== undefined && reading.kind !== 'value') return misconfigured(syntax);
  return reading;
}

/** Amazon Managed Prometheus answers signed requests only, so without other credentials they are signed, as by Argo Rollouts. */
function signedByDefault(settings: PrometheusProvider, address: string): PrometheusProvider {
  const { basicAuth, oauth2, sigv4 } = settings.authentication ?? {};
  const region = managedPrometheusRegion(address);
  if (region === undefined || isSet(basicAuth) || isSet(oauth2) || isSet(sigv4)) return settings;
  return { ...settings, authentication: { sigv4: { region } } };
}

function misconfigured({ field, message }: MetricProblem): Missing {
  return { kind: 'misconfigured', why: `${field} ${message}` };
}

/** POST, since long queries do not fit into URLs; GET when something on the way forbids POST. */
async function ask(
  settings: PrometheusProvider,
  options: PrometheusOptions,
  context: MeasureContext,
  credentials: Credentials | undefined,
): Promise<OutboundOutcome> {
  const timeoutSeconds = settings.timeout || defaultTimeoutSeconds;
  const range = settings.rangeQuery === undefined ? undefined : rangeParameters(settings.rangeQuery, context.now);
  const url = apiUrl(settings.address || (options.defaultAddress ?? ''), range === undefined ? 'query' : 'query_range');
  if (url === undefined) return { kind: 'refused', why: 'the address is no URL' };
  const form = new URLSearchParams({
    query: settings.query ?? '',
    ...(range ?? { time: seconds(context.now) }),
    timeout: `${timeoutSeconds}s`,
    // Thanos answers with what it has unless told otherwise; half an answer is no evidence.
    partial_response: 'false',
  });
  const common = {
    ...(credentials === undefined ? {} : { credentials }),
    timeoutMs: timeoutSeconds * 1000,
    insecure: settings.insecure === true,
    signal: context.signal,
  };
  const headers = headersOf(settings);
  const posted = await context.outbound.send({
    ...common,
    url: url.href,
    method: 'POST',
    headers: { accept: 'application/json', ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  if (posted.kind !== 'response' || (posted.status !== 405 && posted.status !== 501)) return posted;
  for (const [name, value] of form) url.searchParams.set(name, value);
  return context.outbound.send({
    ...common,
    url: url.href,
    method: 'GET',
    headers: { accept: 'application/json', ...headers },
  });
}

/** The endpoint below the address, whose own path (`/prometheus`, `/select/0/prometheus`) and parameters stay. */
function apiUrl(address: string, endpoint: 'query' | 'query_range'): URL | undefined {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return undefined;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${endpoint}`;
  return url;
}

function seconds(at: Instant): string {
  return (at / 1000).toFixed(3);
}

function rangeParameters(
  range: NonNullable<PrometheusProvider['rangeQuery']>,
  now: Instant,
): { start: string; end: string; step: string } | undefined {
  const [start, end] = [evaluateTime(range.start ?? '', now), evaluateTime(range.end ?? '', now)];
  const stepMs = parseDurationMs(range.step ?? '');
  if (start === undefined || end === undefined || stepMs === undefined || stepMs <= 0) return undefined;
  return { start: seconds(start), end: seconds(end), step: String(stepMs / 1000) };
}

function readingOf(outcome: OutboundOutcome, now: Instant): Reading {
  if (outcome.kind !== 'response') return noAnswer(outcome, 'Prometheus');
  const answer = readAnswer(outcome.body);
  if (answer?.status === 'error') return errorReading(outcome, answer.errorType ?? '', answer.error ?? '', now);
  const bad = badStatus(outcome, 'Prometheus', now);
  if (bad !== undefined) return bad;
  if (answer !== undefined) return answerReading(answer);
  const what = isPage(outcome) ? 'a web page instead of JSON' : 'something that is no Prometheus answer';
  return { kind: 'unavailable', why: `the Prometheus address answered ${what}; is it the address of the API?` };
}

/** `bad_data` (400) and `execution` (422) are the query's fault; some servers send them with other statuses. */
function errorReading(response: Response, errorType: string, error: string, now: Instant): Missing {
  const status = response.status;
  const queryIsWrong = status === 400 || status === 422 || errorType === 'bad_data' || errorType === 'execution';
  if (queryIsWrong) {
    const said = badStatus({ ...response, status: 400 }, 'Prometheus', now, error)?.why ?? error;
    return { kind: 'misconfigured', why: said.replace('answered HTTP 400', `refused the query (HTTP ${status})`) };
  }
  const bad = badStatus(response, 'Prometheus', now, error);
  return bad ?? { kind: 'unavailable', why: `Prometheus answered with an error: ${error}` };
}
