/** What each field of the HTTP backends does to the request, and what is made of the answer. */

import { expect, it } from 'vitest';
import type { PrometheusProvider, WebProvider } from '../../crds/schema/providers.ts';
import type { OutboundOutcome, OutboundRequest } from '../../outbound/outcome.ts';
import type { Reading } from '../provider.ts';
import { prometheusProvider } from './prometheus.ts';
import { webProvider } from './web.ts';

const now = Date.UTC(2026, 0, 1);
const vector = '{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"0.5"]},{"value":[1,"2"]}]}}';
const matrix = '{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"1"],[2,"NaN"]]}]}}';

function asking(body: string) {
  const sent: OutboundRequest[] = [];
  const outbound = {
    send: async (request: OutboundRequest): Promise<OutboundOutcome> => {
      sent.push(request);
      return { kind: 'response', status: 200, headers: {}, body };
    },
  };
  return { sent, context: { outbound, now, signal: new AbortController().signal } };
}

async function prometheus(settings: PrometheusProvider, body = vector) {
  const { sent, context } = asking(body);
  const provider = prometheusProvider();
  const reading = await provider.measure({ name: 'm', provider: { prometheus: settings } }, context);
  return { reading, request: sent[0], form: new URLSearchParams(sent[0]?.body) };
}

async function web(
  settings: WebProvider,
  body = '{"a":{"b":[{"c":7}]}}',
): Promise<{ reading: Reading; request?: OutboundRequest }> {
  const { sent, context } = asking(body);
  const reading = await webProvider().measure({ name: 'm', provider: { web: settings } }, context);
  return { reading, ...(sent[0] === undefined ? {} : { request: sent[0] }) };
}

const address = 'http://prom.example:9090/sub/';

it('Prometheus is asked at its address, with the query, for as long as the timeout says [AnalysisTemplate.spec.metrics[].provider.prometheus.address, AnalysisTemplate.spec.metrics[].provider.prometheus.query, AnalysisTemplate.spec.metrics[].provider.prometheus.timeout]', async () => {
  const { reading, request, form } = await prometheus({ address, query: 'sum(up)', timeout: 7 });

  expect(request).toMatchObject({
    url: 'http://prom.example:9090/sub/api/v1/query',
    timeoutMs: 7_000,
    insecure: false,
  });
  expect([form.get('query'), form.get('timeout'), form.get('time')]).toEqual([
    'sum(up)',
    '7s',
    String(now / 1000) + '.000',
  ]);
  expect(reading).toMatchObject({ kind: 'value', value: [0.5, 2], text: '[0.5,2]' });
  expect((await prometheus({ address, query: 'up' })).request?.timeoutMs).toBe(30_000);
});

it('headers, basic authentication and insecure reach Prometheus [AnalysisTemplate.spec.metrics[].provider.prometheus.headers[].key, AnalysisTemplate.spec.metrics[].provider.prometheus.headers[].value, AnalysisTemplate.spec.metrics[].provider.prometheus.insecure, AnalysisTemplate.spec.metrics[].provider.prometheus.authentication.basicAuth]', async () => {
  const headers = [{ key: 'X-Scope-OrgID', value: 'shop' }];
  const authentication = { basicAuth: { username: 'ada', password: 'pw' } };
  const { request } = await prometheus({ address, query: 'up', headers, authentication, insecure: true });

  expect(request).toMatchObject({
    headers: { 'x-scope-orgid': 'shop' },
    credentials: { kind: 'basic', username: 'ada', password: 'pw' },
    insecure: true,
  });
});

it('a range query has its start, end and step, and gives a list [AnalysisTemplate.spec.metrics[].provider.prometheus.rangeQuery.start, AnalysisTemplate.spec.metrics[].provider.prometheus.rangeQuery.end, AnalysisTemplate.spec.metrics[].provider.prometheus.rangeQuery.step]', async () => {
  const rangeQuery = { start: 'now() - duration("1h")', end: "now()-duration('5m')", step: '1m' };
  const { reading, request, form } = await prometheus({ address, query: 'up', rangeQuery }, matrix);

  expect(request?.url).toBe('http://prom.example:9090/sub/api/v1/query_range');
  expect(['start', 'end', 'step'].map((name) => Number(form.get(name)))).toEqual([
    now / 1000 - 3600,
    now / 1000 - 300,
    60,
  ]);
  expect(reading).toMatchObject({ kind: 'value', value: [1, Number.NaN] });
});

it('the web backend is asked at its URL with its method, body and headers [AnalysisTemplate.spec.metrics[].provider.web.url, AnalysisTemplate.spec.metrics[].provider.web.method, AnalysisTemplate.spec.metrics[].provider.web.body, AnalysisTemplate.spec.metrics[].provider.web.headers[].key, AnalysisTemplate.spec.metrics[].provider.web.headers[].value]', async () => {
  const url = 'https://shop.example/check?x=1';
  const { request } = await web({ url, method: 'PUT', body: 'a=1', headers: [{ key: 'X-A', value: 'b' }] });

  expect(request).toMatchObject({ url, method: 'PUT', body: 'a=1', headers: { 'x-a': 'b' } });
  expect((await web({ url })).request).toMatchObject({ method: 'GET' });
});

it('a JSON body, a timeout, insecure and basic authentication reach the web backend [AnalysisTemplate.spec.metrics[].provider.web.jsonBody, AnalysisTemplate.spec.metrics[].provider.web.timeoutSeconds, AnalysisTemplate.spec.metrics[].provider.web.insecure, AnalysisTemplate.spec.metrics[].provider.web.authentication.basicAuth]', async () => {
  const { request } = await web({
    url: 'https://shop.example',
    method: 'POST',
    jsonBody: { a: [1] },
    timeoutSeconds: 3,
    insecure: true,
    authentication: { basicAuth: { username: 'ada', password: 'pw' } },
  });

  expect(request).toMatchObject({
    body: '{"a":[1]}',
    headers: { 'content-type': 'application/json' },
    timeoutMs: 3_000,
    insecure: true,
    credentials: { kind: 'basic', username: 'ada', password: 'pw' },
  });
  expect((await web({ url: 'https://x' })).request?.timeoutMs).toBe(10_000);
});

it('the value is what jsonPath finds first, and the whole answer without it [AnalysisTemplate.spec.metrics[].provider.web.jsonPath]', async () => {
  const url = 'https://shop.example';

  expect((await web({ url, jsonPath: '{$.a.b[*].c}' })).reading).toMatchObject({ kind: 'value', value: 7 });
  expect((await web({ url })).reading).toMatchObject({ kind: 'value', value: { a: { b: [{ c: 7 }] } } });
  expect((await web({ url, jsonPath: '{$.a}' }, 'all good')).reading).toMatchObject({
    kind: 'value',
    value: 'all good',
  });
});
