/** Graphite and Apache SkyWalking: backends with an address and a query, and no credentials. */

import { describe, expect, it } from 'vitest';
import type { MetricProvider } from '../../crds/schema/providers.ts';
import { judgeReading } from '../judge/reading.ts';
import { asking } from '../testing/asking.ts';
import { graphiteProvider } from './graphite.ts';
import { skyWalkingProvider } from './sky-walking.ts';

async function graphite(settings: NonNullable<MetricProvider['graphite']>, body: string) {
  const { sent, context } = asking(body);
  const reading = await graphiteProvider().measure({ name: 'm', provider: { graphite: settings } }, context);
  return { reading, request: sent[0], url: URL.parse(sent[0]?.url ?? '') };
}

const series = (...datapoints: readonly unknown[]) => JSON.stringify([{ target: 'a', datapoints }]);
const settings = { address: 'http://graphite:8080/sub/', query: 'target=sumSeries(a.*.count)&from=-5min' };

describe('Graphite', () => {
  it('is asked to render the query as JSON, and the value is the list of points [provider:graphite]', async () => {
    const { reading, request, url } = await graphite(settings, series([0.5, 1], [2, 2]));

    expect(request).toMatchObject({ method: 'GET', timeoutMs: 10_000 });
    expect(url?.pathname).toBe('/sub/render');
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      target: 'sumSeries(a.*.count)',
      from: '-5min',
      format: 'json',
    });
    expect(reading).toEqual({ kind: 'value', value: [0.5, 2], text: '[0.5,2]' });
  });

  it('a query may stand on several lines and can not choose another format', async () => {
    const query = "target=summarize(\n  asPercent(a.b, a.c),\n  '5min', 'avg'\n)&format=csv\n";
    const { url } = await graphite({ ...settings, query }, series([1, 1]));

    expect(url?.searchParams.get('target')).toBe("summarize(asPercent(a.b,a.c),'5min','avg')");
    expect(url?.searchParams.getAll('format')).toEqual(['json']);
  });

  it('points without a value are left out, numbers may come as texts', async () => {
    expect((await graphite(settings, series([null, 1], ['1.5', '2'], [3, null]))).reading).toMatchObject({
      value: [1.5, 3],
    });
  });

  it('nothing but points without a value is an empty list, which is never success by itself', async () => {
    const { reading } = await graphite(settings, series([null, 1], [null, 2]));

    expect(reading).toMatchObject({ kind: 'value', value: [] });
    expect(judgeReading(reading, { successCondition: 'result[0] < 1' }, 'argo')).toMatchObject({ phase: 'Error' });
    expect(judgeReading(reading, { successCondition: 'all(result, # < 1)' }, 'tidegate').kind).toBe('held');
    expect(judgeReading(reading, {}, 'tidegate').kind).toBe('held');
  });

  it.each([
    ['no series', '[]'],
    ['a series without points', series()],
  ])('%s is no evidence', async (_name, body) => {
    expect((await graphite(settings, body)).reading).toEqual({
      kind: 'no-evidence',
      why: 'Graphite has no points for the query',
    });
  });

  it.each([
    [{ ...settings, address: 'graphite:8080' }, 'provider.graphite.address is "graphite:8080"'],
    [{ ...settings, query: ' ' }, 'provider.graphite.query is empty'],
    [{ ...settings, query: 'sumSeries(a.*)' }, 'provider.graphite.query is without target='],
  ])('%j is refused before anything is sent', async (wrong, why) => {
    const { reading, request } = await graphite(wrong, '[]');

    expect(reading).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining(why) });
    expect(request).toBeUndefined();
  });
});

async function skyWalking(given: NonNullable<MetricProvider['skywalking']>, body: string) {
  const { sent, context } = asking(body);
  const reading = await skyWalkingProvider().measure({ name: 'm', provider: { skywalking: given } }, context);
  return { reading, request: sent[0], body: JSON.parse(sent[0]?.body ?? 'null') };
}

const oap = {
  address: 'http://oap.istio-system:12800',
  query: 'query q($duration: Duration!) { service_apdex: readMetricsValues(duration: $duration) { label } }',
};

describe('Apache SkyWalking', () => {
  it('is asked by GraphQL with the span as duration, and the value is all of data [provider:skywalking]', async () => {
    const data = { service_apdex: { label: null, values: { values: [{ value: 9900 }, { value: 10_000 }] } } };
    const { reading, request, body } = await skyWalking({ ...oap, interval: '3m' }, JSON.stringify({ data }));

    expect(request).toMatchObject({ url: `${oap.address}/graphql`, method: 'POST', timeoutMs: 30_000 });
    expect(body).toEqual({
      query: oap.query,
      variables: { duration: { start: '2026-01-02 0301', end: '2026-01-02 0304', step: 'MINUTE' } },
    });
    expect(reading).toEqual({ kind: 'value', value: data, text: JSON.stringify(data) });
    const successCondition = 'all(result.service_apdex.values.values, {asFloat(.value) >= 9900})';
    expect(judgeReading(reading, { successCondition }, 'argo')).toMatchObject({ phase: 'Successful' });
  });

  it('looks at five minutes unless told otherwise', async () => {
    const { body } = await skyWalking(oap, '{"data":{"a":1}}');

    expect(body.variables.duration.start).toBe('2026-01-02 0259');
  });

  it.each(['{"data":null}', '{"data":{}}', '{}'])('%s is no evidence', async (body) => {
    expect((await skyWalking(oap, body)).reading).toEqual({
      kind: 'no-evidence',
      why: 'SkyWalking has no results for the query',
    });
  });

  it('data of nothing but null is never success', async () => {
    const { reading } = await skyWalking(oap, '{"data":{"service_apdex":null}}');

    expect(judgeReading(reading, {}, 'tidegate').kind).toBe('held');
    expect(judgeReading(reading, { successCondition: 'result.service_apdex > 1' }, 'argo')).toMatchObject({
      phase: 'Error',
    });
  });

  it.each([
    '{"data":{"a":1},"errors":[{"message":"Validation error of type FieldUndefined"}]}',
    '{"errors":[{"message":"Validation error of type FieldUndefined"}]}',
  ])('%s is an error', async (body) => {
    expect((await skyWalking(oap, body)).reading).toEqual({
      kind: 'misconfigured',
      why: 'SkyWalking answered with an error: Validation error of type FieldUndefined',
    });
  });

  it.each([
    [{ ...oap, address: 'oap' }, 'provider.skywalking.address is "oap"'],
    [{ ...oap, query: '' }, 'provider.skywalking.query is empty'],
    [{ ...oap, interval: '-3m' }, 'provider.skywalking.interval is "-3m"'],
  ])('%j is refused before anything is sent', async (wrong, why) => {
    const { reading, request } = await skyWalking(wrong, '{}');

    expect(reading).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining(why) });
    expect(request).toBeUndefined();
  });
});
