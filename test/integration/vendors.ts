/** One HTTP server that answers as the vendors' APIs do, each only to the credentials of its Secret. */

import type http from 'node:http';
import { type Backend, backend, type SeenRequest } from '../../analysis/testing/backend.ts';
import type { MetricProvider } from '../../crds/schema/providers.ts';

export interface Vendors extends Backend {
  /** Secrets by name, with this server as the address. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Backends by name, with a condition that only a good answer passes. */
export interface VendorCase {
  readonly provider: MetricProvider;
  readonly successCondition?: string;
}

const shared = 's3cr3t-vendor-key';

interface Route {
  readonly path: RegExp;
  readonly allows: (request: SeenRequest) => boolean;
  readonly body: string;
}

const header = (name: string, value: string) => (request: SeenRequest) => request.headers[name] === value;
const anybody = () => true;
const score = { complete: true, status: 'succeeded', result: { judgeResult: { score: { score: 96.5 } } } };

const routes: readonly Route[] = [
  {
    path: /^\/api\/v1\/query\?/,
    allows: (request) => header('dd-api-key', shared)(request) && header('dd-application-key', shared)(request),
    body: '{"status":"ok","series":[{"pointlist":[[1,0.9],[2,0.01]]}]}',
  },
  {
    path: /^\/api\/v2\/query\/scalar$/,
    allows: header('dd-api-key', shared),
    body: '{"data":{"attributes":{"columns":[{"type":"group","values":[["a"],["b"]]},{"type":"number","values":[0.01,0.02]}]}}}',
  },
  {
    path: /^\/nerdgraph$/,
    allows: header('api-key', shared),
    body: '{"data":{"actor":{"account":{"nrql":{"results":[{"rate":99.5}]}}}}}',
  },
  {
    path: /^\/api\/v2\/chart\/api\?/,
    allows: header('authorization', `Bearer ${shared}`),
    body: '{"timeseries":[{"data":[[1,0.01]]}]}',
  },
  { path: /^\/render\?.*format=json/, allows: anybody, body: '[{"target":"a","datapoints":[[99,1],[null,2]]}]' },
  {
    path: /^\/api\/v2\/query\?org=shop$/,
    allows: header('authorization', `Token ${shared}`),
    body: '#datatype,string,long,double\r\n#default,_result,,\r\n,result,table,_value\r\n,,0,0.01\r\n\r\n',
  },
  { path: /^\/graphql$/, allows: anybody, body: '{"data":{"apdex":{"value":9950}}}' },
  { path: /^\/canaryConfig\?/, allows: anybody, body: '[{"id":"c1","name":"my-test"}]' },
  { path: /^\/canary\/c1\?/, allows: anybody, body: '{"canaryExecutionId":"01ABC"}' },
  { path: /^\/canary\/01ABC$/, allows: anybody, body: JSON.stringify(score) },
];

function answer(request: SeenRequest, response: http.ServerResponse): void {
  const route = routes.find(({ path }) => path.test(request.url));
  if (route === undefined) response.writeHead(404).end('{"message":"no such path"}');
  // A careless server: it repeats what it was sent.
  else if (!route.allows(request))
    response.writeHead(403).end(JSON.stringify({ errors: [JSON.stringify(request.headers)] }));
  else response.writeHead(200).end(route.body);
}

export async function startVendors(): Promise<Vendors> {
  const server = await backend(answer);
  const { address } = server;
  return {
    ...server,
    secrets: {
      datadog: { 'api-key': shared, 'app-key': shared, address },
      newrelic: { 'personal-api-key': shared, 'account-id': '42', 'base-url-nerdgraph': `${address}/nerdgraph` },
      'wavefront-api-tokens': { [hostKey(address)]: shared },
      influxdb: { authToken: shared, org: 'shop', address },
    },
  };
}

/** The key of a Secret can hold no colon. */
function hostKey(address: string): string {
  return address.replace('http://', '').replace(':', '_');
}

export function vendorCases(address: string): Readonly<Record<string, VendorCase>> {
  const scopes = [{ name: 'default', controlScope: { scope: 'a' }, experimentScope: { scope: 'b' } }];
  const threshold = { pass: 90, marginal: 75 };
  return {
    'datadog-v1': { provider: { datadog: { query: 'avg:a{*}' } }, successCondition: 'result < 0.05' },
    'datadog-v2': {
      provider: { datadog: { apiVersion: 'v2', query: 'avg:a{*} by {b}' } },
      successCondition: 'all(result, # < 0.05)',
    },
    newrelic: { provider: { newRelic: { query: 'SELECT 1' } }, successCondition: 'result.rate > 99' },
    wavefront: { provider: { wavefront: { address, query: 'ts(a)' } }, successCondition: 'result < 0.05' },
    graphite: { provider: { graphite: { address, query: 'target=a' } }, successCondition: 'result[0] > 90' },
    influxdb: { provider: { influxdb: { query: 'from(bucket: "a")' } }, successCondition: 'result[0] < 0.05' },
    skywalking: {
      provider: { skywalking: { address, query: 'query q { apdex { value } }', interval: '3m' } },
      successCondition: 'result.apdex.value >= 9900',
    },
    kayenta: {
      provider: {
        kayenta: { address, application: 'a', canaryConfigName: 'my-test', threshold, lookback: true, scopes },
      },
    },
  };
}
