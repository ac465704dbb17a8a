/**
 * The Prometheus of a run: answers the queries of the scenarios' checks out of the state of the cluster, namely what share of
 * the requests to a revision fails, and nothing for a revision that gets no requests.
 */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Outbound, OutboundOutcome, OutboundRequest } from '../../../outbound/outcome.ts';
import type { PlannedFault } from '../plan/plan.ts';
import { at, type ClusterState, listAt, numberAt, textAt } from './cluster-state.ts';
import { never, type ProcessLife } from './process-life.ts';
import type { Trouble } from './trouble.ts';

export interface MetricsParts {
  readonly state: ClusterState;
  readonly life: ProcessLife;
  readonly trouble: Trouble;
  readonly latencyMs: () => number;
}

export const hashLabel = 'rollouts-pod-template-hash';
const failingShare = 0.6;

/** The query that asks for the failing share of a revision of an app. */
export function errorShareQuery(app: string, hash: string): string {
  const selector = `app="${app}",rollouts_pod_template_hash="${hash}"`;
  return `sum(rate(http_requests_total{${selector},code=~"5.."}[4s])) / sum(rate(http_requests_total{${selector}}[4s]))`;
}

/** The query that asks what share of test requests to a Service fails, whichever pods stand behind it. */
export function probeQuery(service: string): string {
  return `max(probe_failed{service="${service}"})`;
}

export function metricsAnswers(parts: MetricsParts): Outbound {
  return { send: (request) => send(parts, request) };
}

async function send(parts: MetricsParts, request: OutboundRequest): Promise<OutboundOutcome> {
  const { life } = parts;
  if (life.isSealed()) return never();
  const fault = parts.trouble.atReading();
  if (fault?.kind === 'timeout') {
    await life.clock.sleep(request.timeoutMs, request.signal);
    return { kind: 'timeout', why: 'prometheus did not answer in time' };
  }
  await life.clock.sleep(parts.latencyMs(), request.signal);
  if (request.signal.aborted) return { kind: 'cancelled', why: 'the request was given up' };
  if (fault?.crash === true) {
    life.end();
    return never();
  }
  const query = new URLSearchParams(request.body ?? '').get('query') ?? '';
  return vector(parts, valueOf(parts.state, query, fault));
}

function valueOf(state: ClusterState, query: string, fault: PlannedFault | undefined): string | undefined {
  if (fault?.kind === 'nan') return 'NaN';
  if (fault?.kind === 'empty') return undefined;
  const [, service] = /probe_failed\{service="([^"]*)"\}/.exec(query) ?? [];
  if (service !== undefined) return probed(state, service);
  const [, app = ''] = /app="([^"]*)"/.exec(query) ?? [];
  const [, hash = ''] = /rollouts_pod_template_hash="([^"]*)"/.exec(query) ?? [];
  const pods = state.list('Pod').filter((pod) => at(pod, 'metadata.labels.app') === app && labelOf(pod) === hash);
  const ready = pods.filter(isReady);
  if (ready.length === 0 || shareOf(state, app, hash) === 0) return undefined;
  return String(ready.some(isBad) ? failingShare : 0);
}

function isBad(pod: JsonObject): boolean {
  return listAt(pod, 'spec.containers').some((one) => textAt(one, 'image').includes('bad'));
}

/** Nothing while no ready pod stands behind the Service. */
function probed(state: ClusterState, service: string): string | undefined {
  const selector = Object.entries((at(state.get('Service', service), 'spec.selector') ?? {}) as Record<string, string>);
  const labels = (pod: JsonObject) => (at(pod, 'metadata.labels') ?? {}) as Record<string, string>;
  const behind = state.list('Pod').filter((pod) => selector.every(([key, value]) => labels(pod)[key] === value));
  const ready = behind.filter(isReady);
  return ready.length === 0 ? undefined : String(ready.some(isBad) ? 1 : 0);
}

function labelOf(pod: JsonObject): string {
  const labels = at(pod, 'metadata.labels') as Readonly<Record<string, string>> | undefined;
  return labels?.[hashLabel] ?? '';
}

function isReady(pod: JsonObject): boolean {
  return listAt(pod, 'status.conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Weight of the revision's backends on the app's route; without a route every ready pod gets requests. */
function shareOf(state: ClusterState, app: string, hash: string): number {
  const route = state.get('HTTPRoute', app);
  if (route === undefined) return 1;
  const backends = listAt(route, 'spec.rules').flatMap((rule) => listAt(rule, 'backendRefs'));
  return backends
    .filter((backend) => serves(state.get('Service', textAt(backend, 'name')), hash))
    .reduce((sum, backend) => sum + numberAt(backend, 'weight'), 0);
}

function serves(service: JsonObject | undefined, hash: string): boolean {
  const selector = at(service, 'spec.selector') as JsonObject | undefined;
  return selector?.[hashLabel] === undefined || selector[hashLabel] === hash;
}

function vector({ life }: MetricsParts, value: string | undefined): OutboundOutcome {
  const result = value === undefined ? [] : [{ metric: {}, value: [life.clock.now() / 1000, value] }];
  const body = JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
  return { kind: 'response', status: 200, headers: { 'content-type': 'application/json' }, body };
}
