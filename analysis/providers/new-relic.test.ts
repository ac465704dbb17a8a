/** New Relic: what NerdGraph is asked, with which Secret and region, and what is made of the rows. */

import { describe, expect, it } from 'vitest';
import type { MetricProvider } from '../../crds/schema/providers.ts';
import { judgeReading } from '../judge/reading.ts';
import { asking } from '../testing/asking.ts';
import { secretsFor } from '../testing/secrets.ts';
import { newRelicProvider } from './new-relic.ts';

type Settings = NonNullable<MetricProvider['newRelic']>;

const keys = { 'personal-api-key': 'NRAK-secret', 'account-id': '1234567' };
const rows = (...results: readonly unknown[]) =>
  JSON.stringify({ data: { actor: { account: { nrql: { results } } } } });

async function measured(settings: Settings, body: string, secrets = secretsFor({ newrelic: keys })) {
  const { sent, context } = asking(body, { secrets });
  const reading = await newRelicProvider().measure({ name: 'm', provider: { newRelic: settings } }, context);
  return { reading, request: sent[0], body: JSON.parse(sent[0]?.body ?? 'null'), asked: secrets.asked };
}

const query = 'FROM Transaction SELECT percentage(count(*), WHERE ok) AS rate';

describe('New Relic', () => {
  it('is asked by NerdGraph for the account, and one row is a map [provider:newRelic]', async () => {
    const { reading, request, body, asked } = await measured({ query }, rows({ rate: 99.5 }));

    expect(request).toMatchObject({
      url: 'https://api.newrelic.com/graphql',
      method: 'POST',
      headers: { 'api-key': 'NRAK-secret', 'content-type': 'application/json' },
      timeoutMs: 10_000,
    });
    expect(body.variables).toEqual({ account: 1_234_567, nrql: query });
    expect(body.query).toMatch(/account\(id: \$account\) \{ nrql\(query: \$nrql, timeout: \$timeout\) \{ results \}/);
    expect(asked).toMatchObject([{ name: 'newrelic', place: 'shared' }]);
    expect(reading).toEqual({ kind: 'value', value: { rate: 99.5 }, text: '{"rate":99.5}' });
    expect(judgeReading(reading, { successCondition: 'result.rate >= 95' }, 'argo')).toMatchObject({
      phase: 'Successful',
    });
  });

  it('several rows are a list of maps, and names with dots are read by brackets', async () => {
    const { reading } = await measured({ query }, rows({ 'average.duration': 1 }, { 'average.duration': 3 }));

    expect(reading).toMatchObject({ value: [{ 'average.duration': 1 }, { 'average.duration': 3 }] });
    const successCondition = "all(result, #['average.duration'] < 2)";
    expect(judgeReading(reading, { successCondition }, 'argo')).toMatchObject({ phase: 'Failed' });
  });

  it('a timeout is one of the query, and of the wait for it', async () => {
    const { request, body } = await measured({ query, timeout: 20 }, rows({ a: 1 }));

    expect(body.variables.timeout).toBe(20);
    expect(request?.timeoutMs).toBe(25_000);
  });

  it.each([
    ['no rows', rows()],
    ['a row without columns', rows({})],
    ['results null', '{"data":{"actor":{"account":{"nrql":{"results":null}}}}}'],
  ])('%s is no evidence', async (_name, body) => {
    expect((await measured({ query }, body)).reading).toEqual({
      kind: 'no-evidence',
      why: 'New Relic has no results for the query',
    });
  });

  it('a column without a value is never success', async () => {
    const { reading } = await measured({ query }, rows({ rate: null }));

    expect(judgeReading(reading, { successCondition: 'result.rate >= 95' }, 'argo')).toMatchObject({ phase: 'Error' });
    expect(judgeReading(reading, {}, 'tidegate').kind).toBe('held');
  });

  it.each([
    ['a wrong query', { message: 'NRQL Syntax Error', extensions: { errorClass: 'INVALID_INPUT' } }, 'misconfigured'],
    ['a query that took too long', { message: 'NRDB timeout', extensions: { errorClass: 'TIMEOUT' } }, 'unavailable'],
    ['an error without a class', { message: 'Access denied.' }, 'misconfigured'],
  ])('%s, told with status 200, is an error', async (_name, error, kind) => {
    const body = JSON.stringify({ data: { actor: { account: { nrql: { results: [{ a: 1 }] } } } }, errors: [error] });

    expect((await measured({ query }, body)).reading).toEqual({
      kind,
      why: `New Relic answered with an error: ${error.message}`,
    });
  });

  it('an account that this key may not ask for has no results', async () => {
    expect((await measured({ query }, '{"data":{"actor":{"account":null}}}')).reading).toEqual({
      kind: 'unavailable',
      why: 'New Relic answered without results; may this key ask for this account?',
    });
  });
});

describe('the Secret of New Relic', () => {
  it.each([
    [{ region: 'eu' }, 'https://api.eu.newrelic.com/graphql'],
    [{ region: 'US' }, 'https://api.newrelic.com/graphql'],
    [{ region: 'eu', 'base-url-nerdgraph': 'http://proxy:8080/nerdgraph' }, 'http://proxy:8080/nerdgraph'],
  ])('%j tells where to ask', async (more, url) => {
    const { request, asked } = await measured(
      { query, profile: 'other' },
      rows({ a: 1 }),
      secretsFor({ other: { ...keys, ...more } }),
    );

    expect(request?.url).toBe(url);
    expect(asked[0]?.open).not.toContain('personal-api-key');
  });

  it.each([
    ['missing', {}, 'Secret newrelic has no key personal-api-key'],
    ['without account', { newrelic: { 'personal-api-key': 'k' } }, 'Secret newrelic has no key account-id'],
    [
      'with an account that is none',
      { newrelic: { ...keys, 'account-id': 'shop' } },
      'Secret "newrelic" has an account-id that is no number; correct it',
    ],
    [
      'with an unknown region',
      { newrelic: { ...keys, region: 'moon' } },
      'Secret "newrelic" has the region "moon", but it must be us, eu, jp',
    ],
  ])('%s: nothing is sent', async (_name, secrets, why) => {
    const { reading, request } = await measured({ query }, rows({ a: 1 }), secretsFor(secrets));

    expect(reading).toEqual({ kind: 'misconfigured', why });
    expect(request).toBeUndefined();
  });

  it.each([
    [{}, 'provider.newRelic.query is empty'],
    [{ query, profile: 'No Name' }, 'provider.newRelic.profile is "No Name"'],
  ])('%j is refused before anything is asked', async (settings, why) => {
    const { reading, asked } = await measured(settings, rows());

    expect(reading).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining(why) });
    expect(asked).toEqual([]);
  });
});
