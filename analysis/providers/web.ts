/** The metrics backend `web`: any HTTP address whose answer, or a part of it chosen by JSONPath, is the value. */
import type { Json } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { WebProvider } from '../../crds/schema/providers.ts';
import type { MeasureContext, MetricProblem, MetricProvider, Reading } from '../provider.ts';
import { badStatus, noAnswer, type Response } from './http-outcome.ts';
import { type Authorities, authorize, headersOf, lintSettings } from './http-settings.ts';
import { findByPath, parseJsonPath } from './json-path.ts';
import { oauth2Tokens } from './oauth2.ts';

const defaultTimeoutSeconds = 10;
const maxTextLength = 16_384;
const prefix = 'provider.web';

export function webProvider({ aws }: Pick<Authorities, 'aws'> = {}): MetricProvider {
  const authorities = { tokens: oauth2Tokens(), aws };
  return {
    name: 'web',
    lint: (metric) => lint(settingsOf(metric)),
    measure: (metric, context) => measure(settingsOf(metric), context, authorities),
  };
}

function settingsOf(metric: Metric): WebProvider {
  return metric.provider.web ?? { url: '' };
}

function lint(settings: WebProvider): MetricProblem[] {
  const problems = lintSettings(settings, prefix);
  const url = URL.parse(settings.url);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    problems.push({ field: `${prefix}.url`, message: 'is no complete http or https URL' });
  }
  const hasBody = settings.body !== undefined && settings.body !== '';
  const hasJson = settings.jsonBody !== undefined && settings.jsonBody !== null;
  if (hasBody && hasJson)
    problems.push({ field: `${prefix}.body`, message: 'is set together with jsonBody: keep one' });
  if ((hasBody || hasJson) && (settings.method ?? 'GET') === 'GET') {
    problems.push({
      field: `${prefix}.method`,
      message: 'is GET, which carries no body: use POST or PUT, or drop the body',
    });
  }
  const path = parseJsonPath(settings.jsonPath || '{$}');
  if (path.kind === 'wrong') problems.push({ field: `${prefix}.jsonPath`, message: path.message });
  return problems;
}

async function measure(settings: WebProvider, context: MeasureContext, authorities: Authorities): Promise<Reading> {
  const [problem] = lint(settings);
  if (problem !== undefined) return { kind: 'misconfigured', why: `${problem.field}: ${problem.message}` };
  const authorized = await authorize(settings, settings.url, context, authorities);
  if (authorized.kind !== 'ok') return authorized;
  const { credentials, hide } = authorized;
  const body = settings.jsonBody != null ? JSON.stringify(settings.jsonBody) : settings.body;
  const outcome = await context.outbound.send({
    url: settings.url,
    method: settings.method ?? 'GET',
    headers: { ...(settings.jsonBody != null ? { 'content-type': 'application/json' } : {}), ...headersOf(settings) },
    ...(body ? { body } : {}),
    ...(credentials === undefined ? {} : { credentials }),
    timeoutMs: (settings.timeoutSeconds || defaultTimeoutSeconds) * 1000,
    insecure: settings.insecure === true,
    signal: context.signal,
  });
  if (outcome.kind !== 'response') return noAnswer(outcome, 'the web address');
  const bad = badStatus(outcome, 'the web address', context.now);
  return hide(bad ?? valueReading(outcome, settings.jsonPath || '{$}'));
}

/** A body that is no JSON is handed over as text, whatever jsonPath says, as in Argo Rollouts. */
function valueReading(response: Response, jsonPath: string): Reading {
  const json = parsed(response.body);
  if (json === undefined) {
    return { kind: 'value', value: response.body, text: response.body.slice(0, maxTextLength) };
  }
  const path = parseJsonPath(jsonPath);
  if (path.kind === 'wrong') return { kind: 'misconfigured', why: path.message };
  const matches = findByPath(path.path, json);
  const [first] = matches;
  if (first === undefined) {
    return { kind: 'no-evidence', why: `the web answer has nothing at ${jsonPath}` };
  }
  return { kind: 'value', value: first, text: textOf(first).slice(0, maxTextLength) };
}

function parsed(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Nested deeper than the stack; the condition will say so.
    if (error instanceof RangeError) return '(nested too deeply)';
    throw error;
  }
}
