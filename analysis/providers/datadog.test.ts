/** Datadog: what is asked, with which Secret, and what is made of the answers of both API versions. */

import { describe, expect, it } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProvider } from '../../crds/schema/providers.ts';
import { judgeReading } from '../judge/reading.ts';
import type { Reading } from '../provider.ts';
import { asking, now } from '../testing/asking.ts';
import { secretsFor } from '../testing/secrets.ts';
import { datadogProvider } from './datadog.ts';

type Settings = NonNullable<MetricProvider['datadog']>;

const seconds = Math.floor(now / 1000);
const keys = { 'api-key': 'api-0123', 'app-key': 'app-4567' };
const v1 = '{"status":"ok","series":[{"pointlist":[[1700000000000,0.1],[1700000060000,0.2]]},{"pointlist":[[1,9]]}]}';
const scalar = (columns: unknown) => JSON.stringify({ data: { type: 'scalar_response', attributes: { columns } } });
const v2 = scalar([{ name: 'a', type: 'number', values: [0.5] }]);

function aMetric(settings: Settings): Metric {
  return { name: 'm', provider: { datadog: settings } };
}

async function measured(settings: Settings, body: string, secrets = secretsFor({ datadog: keys })) {
  const { sent, context } = asking(body, { secrets });
  const reading = await datadogProvider().measure(aMetric(settings), context);
  return { reading, request: sent[0], url: URL.parse(sent[0]?.url ?? ''), asked: secrets.asked };
}

describe('Datadog by API v1', () => {
  it('asks for the query over the interval with both keys, and takes the last point of the first series [provider:datadog]', async () => {
    const { reading, request, url } = await measured({ query: 'avg:errors{app:web}', interval: '10m' }, v1);

    expect(request).toMatchObject({
      method: 'GET',
      timeoutMs: 10_000,
      headers: { 'dd-api-key': 'api-0123', 'dd-application-key': 'app-4567' },
    });
    expect(url?.href.split('?')[0]).toBe('https://api.datadoghq.com/api/v1/query');
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      query: 'avg:errors{app:web}',
      from: String(seconds - 600),
      to: String(seconds),
    });
    expect(reading).toEqual({ kind: 'value', value: 0.2, text: '0.2' });
  });

  it.each([
    ['no series', '{"status":"ok","series":[]}'],
    ['no points', '{"series":[{"pointlist":[]}]}'],
    ['a null point', '{"series":[{"pointlist":[[1,0.1],[2,null]]}]}'],
  ])('%s is null, which passes only by a condition that asks about it', async (_name, body) => {
    const { reading } = await measured({ query: 'q' }, body);
    const phaseOf = (successCondition: string) =>
      (['argo', 'tidegate'] as const).map((rule) => {
        const outcome = judgeReading(reading, { successCondition }, rule);
        return outcome.kind === 'judged' ? outcome.phase : outcome.kind;
      });

    expect(reading).toMatchObject({ kind: 'value', value: null });
    expect(phaseOf('result < 0.05')).toEqual(['Error', 'held']);
    expect(phaseOf('default(result, 0) < 0.05')).toEqual(['Successful', 'Successful']);
    expect(judgeReading(reading, {}, 'tidegate').kind).toBe('held');
  });

  it('a query that Datadog refuses with status 200 says why', async () => {
    const { reading } = await measured({ query: 'q' }, '{"status":"error","error":"Rule \'x\' didn\'t match"}');

    expect(reading).toEqual({ kind: 'misconfigured', why: "Datadog refused the query: Rule 'x' didn't match" });
  });
});

describe('Datadog by API v2', () => {
  it('posts a scalar request with one query, aggregator last and a timeout of its own', async () => {
    const { reading, request } = await measured({ apiVersion: 'v2', query: 'sum:x{*}', requestTimeout: '30s' }, v2);

    expect(request).toMatchObject({
      url: 'https://api.datadoghq.com/api/v2/query/scalar',
      method: 'POST',
      timeoutMs: 30_000,
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      data: {
        type: 'scalar_request',
        attributes: {
          from: (seconds - 300) * 1000,
          to: seconds * 1000,
          queries: [{ aggregator: 'last', data_source: 'metrics', name: 'query', query: 'sum:x{*}' }],
        },
      },
    });
    expect(reading).toEqual({ kind: 'value', value: 0.5, text: '0.5' });
  });

  it('posts several queries with their formula and the aggregator', async () => {
    const { request } = await measured(
      { apiVersion: 'v2', queries: { a: 'sum:e{*}', b: 'sum:t{*}' }, formula: 'a / b', aggregator: 'sum' },
      v2,
    );

    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      data: {
        attributes: {
          queries: [
            { name: 'a', query: 'sum:e{*}', aggregator: 'sum' },
            { name: 'b', query: 'sum:t{*}', aggregator: 'sum' },
          ],
          formulas: [{ formula: 'a / b' }],
        },
      },
    });
  });

  it('a grouped query is a list, with the groups beside the measurement', async () => {
    const body = scalar([
      { name: 'env', type: 'group', values: [['prod'], ['test']] },
      { name: 'resource_name', type: 'group', values: [['GET /a'], ['GET /b']] },
      { name: 'a', type: 'number', values: [0.25, null] },
    ]);
    const { reading } = await measured({ apiVersion: 'v2', query: 'sum:e{*} by {env,resource_name}' }, body);

    expect(reading).toEqual({
      kind: 'value',
      value: [0.25, null],
      text: '[0.25,null]',
      metadata: { groups: '[{"name":"prod,GET /a","value":0.25},{"name":"test,GET /b","value":null}]' },
    });
    expect(judgeReading(reading, { successCondition: 'result[0] < 1' }, 'argo')).toMatchObject({
      metadata: { groups: expect.stringContaining('GET /a') },
    });
  });

  it('of very many groups the highest are named, and all are judged', async () => {
    const rows = Array.from({ length: 500 }, (_, row) => row);
    const body = scalar([
      { type: 'group', values: rows.map((row) => [`resource-${row}`]) },
      { type: 'number', values: rows },
    ]);
    const { reading } = await measured({ apiVersion: 'v2', query: 'q' }, body);
    const { metadata, value } = reading as Extract<Reading, { kind: 'value' }>;

    expect(value).toHaveLength(500);
    expect(metadata?.['groups']).toMatch(/^\[\{"name":"resource-499","value":499\}/);
    expect(metadata?.['groups']?.length).toBeLessThanOrEqual(4_096);
    expect(metadata?.['groups_truncated']).toBe('true');
  });

  it.each([
    ['no column', scalar([])],
    ['a column without values', scalar([{ values: [] }])],
    ['a null value', scalar([{ type: 'number', values: [null] }])],
    ['no attributes', '{"data":{}}'],
  ])('%s is null', async (_name, body) => {
    expect((await measured({ apiVersion: 'v2', query: 'q' }, body)).reading).toMatchObject({ value: null, text: '[]' });
  });

  it('errors beside the answer are no answer', async () => {
    const body = '{"data":{"attributes":{"columns":[{"values":[1]}]}},"errors":"unknown metric"}';
    const { reading } = await measured({ apiVersion: 'v2', query: 'q' }, body);

    expect(reading).toEqual({ kind: 'misconfigured', why: 'Datadog refused the query: unknown metric' });
  });
});

describe('the Secret of Datadog', () => {
  it('is "datadog" for all, and has the address of the site', async () => {
    const secrets = secretsFor({ datadog: { ...keys, address: 'https://api.datadoghq.eu/' } });
    const { url, asked } = await measured({ query: 'q' }, v1, secrets);

    expect(url?.origin).toBe('https://api.datadoghq.eu');
    expect(asked).toMatchObject([{ name: 'datadog', place: 'shared', open: ['address'] }]);
  });

  it('is another by secretRef, in the namespace of the run when it is namespaced', async () => {
    const secrets = secretsFor({ mine: keys });

    await measured({ query: 'q', secretRef: { name: 'mine', namespaced: true } }, v1, secrets);
    await measured({ query: 'q', secretRef: { name: 'mine' } }, v1, secrets);
    expect(secrets.asked.map(({ name, place }) => [name, place])).toEqual([
      ['mine', 'run'],
      ['mine', 'shared'],
    ]);
  });

  it.each([
    ['missing', {}, 'Secret datadog has no key api-key'],
    ['incomplete', { datadog: { 'api-key': 'a' } }, 'Secret datadog has no key app-key'],
    [
      'with a key that no header can carry',
      { datadog: { ...keys, 'app-key': 'two\nlines' } },
      'the key app-key of Secret "datadog" has a character that can\'t be sent in a header; write it anew',
    ],
    [
      'with no address',
      { datadog: { ...keys, address: 'datadoghq.eu' } },
      'Secret "datadog" has an address that is no http or https URL; correct it',
    ],
  ])('%s: nothing is sent', async (_name, secrets, why) => {
    const { reading, request } = await measured({ query: 'q' }, v1, secretsFor(secrets));

    expect(reading).toEqual({ kind: 'misconfigured', why });
    expect(request).toBeUndefined();
  });
});

it.each([
  [{}, 'provider.datadog.query is empty'],
  [{ query: 'q', queries: { a: 'q' }, apiVersion: 'v2' as const }, 'provider.datadog.queries is set beside query'],
  [{ queries: { a: 'q' } }, 'provider.datadog.queries is set, but apiVersion v1 knows query only'],
  [{ apiVersion: 'v2' as const, queries: { a: 'q', b: 'r' } }, 'provider.datadog.formula is unset'],
  [{ apiVersion: 'v2' as const, query: 'q', formula: 'a' }, 'provider.datadog.formula is set without queries'],
  [{ query: 'q', aggregator: 'sum' as const }, 'provider.datadog.aggregator is "sum", but apiVersion v1 has none'],
  [{ query: 'q', interval: 'soon' }, 'provider.datadog.interval is "soon"'],
  [{ query: 'q', requestTimeout: '0s' }, 'provider.datadog.requestTimeout is "0s"'],
  [{ query: 'q', secretRef: { name: '../x' } }, 'provider.datadog.secretRef.name is "../x"'],
])('%j is refused before anything is asked', async (settings, why) => {
  const { reading, asked } = await measured(settings, v1);

  expect(reading).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining(why) });
  expect(asked).toEqual([]);
});
