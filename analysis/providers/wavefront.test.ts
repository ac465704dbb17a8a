/** Wavefront: what is asked with which token, and which point of a series counts. */

import { describe, expect, it } from 'vitest';
import type { MetricProvider } from '../../crds/schema/providers.ts';
import { judgeReading } from '../judge/reading.ts';
import { asking, now } from '../testing/asking.ts';
import { secretsFor } from '../testing/secrets.ts';
import { wavefrontProvider } from './wavefront.ts';

const seconds = Math.floor(now / 1000);
const address = 'example.wavefront.com';
const tokens = { 'wavefront-api-tokens': { [address]: 'wf-token', 'other.wavefront.com': 'other-token' } };
const settings = { address, query: 'sum(ts("requests"))' };
const answer = (...data: readonly unknown[]) => JSON.stringify({ timeseries: data.map((one) => ({ data: one })) });

async function measured(given: NonNullable<MetricProvider['wavefront']>, body: string, secrets = secretsFor(tokens)) {
  const { sent, context } = asking(body, { secrets });
  const reading = await wavefrontProvider().measure({ name: 'm', provider: { wavefront: given } }, context);
  return { reading, request: sent[0], url: URL.parse(sent[0]?.url ?? ''), asked: secrets.asked };
}

describe('Wavefront', () => {
  it('is asked for the last point of the query, with the token of the address [provider:wavefront]', async () => {
    const { reading, request, url, asked } = await measured(settings, answer([[seconds - 5, 0.25]]));

    expect(url?.href.split('?')[0]).toBe('https://example.wavefront.com/api/v2/chart/api');
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      q: settings.query,
      s: String(seconds * 1000),
      e: String(seconds * 1000),
      g: 's',
      p: '1',
      i: 'true',
    });
    expect(request?.credentials).toEqual({ kind: 'bearer', token: 'wf-token' });
    expect(asked).toMatchObject([{ name: 'wavefront-api-tokens', place: 'shared', needs: [address] }]);
    expect(reading).toEqual({
      kind: 'value',
      value: 0.25,
      text: '0.25',
      metadata: { timestamps: String(seconds - 5), drift: '-5' },
    });
  });

  it('several series are a list, each by its point nearest to now', async () => {
    const series = [
      [
        [seconds - 60, 9],
        [seconds - 1, 1],
        [seconds + 30, 8],
      ],
      [[seconds, 2]],
    ];
    const { reading } = await measured(settings, answer(...series));

    expect(reading).toMatchObject({
      value: [1, 2],
      text: '[1,2]',
      metadata: { timestamps: `[${seconds - 1},${seconds}]`, drift: '[-1,0]' },
    });
  });

  it.each([
    ['a series without points', answer([]), null],
    ['a null point', answer([[seconds, null]]), null],
    ['a point that is no number', answer([[seconds, 'NaN']]), Number.NaN],
  ])('%s is never success', async (_name, body, value) => {
    const { reading } = await measured(settings, body);

    expect(reading).toMatchObject({ kind: 'value', value });
    expect(judgeReading(reading, { successCondition: 'result < 0.05' }, 'argo')).not.toMatchObject({
      phase: 'Successful',
    });
    expect(judgeReading(reading, { successCondition: 'result < 0.05' }, 'tidegate').kind).toBe('held');
  });

  it('no series is no evidence', async () => {
    expect((await measured(settings, '{"timeseries":[]}')).reading).toEqual({
      kind: 'no-evidence',
      why: 'Wavefront has no series for the query',
    });
  });

  it('a query that Wavefront refuses with status 200 says why', async () => {
    const body = '{"errorType":"QuerySyntaxError","errorMessage":"Missing closing parenthesis"}';

    expect((await measured(settings, body)).reading).toEqual({
      kind: 'misconfigured',
      why: 'Wavefront refused the query: Missing closing parenthesis',
    });
  });

  it('its warnings stand beside the measurement', async () => {
    const body = JSON.stringify({ timeseries: [{ data: [[seconds, 1]] }], warnings: 'query took very long' });
    const { reading } = await measured(settings, body);

    expect(judgeReading(reading, { successCondition: 'result == 1' }, 'argo')).toMatchObject({
      phase: 'Successful',
      metadata: { warnings: '["query took very long"]', drift: '0' },
    });
  });

  it.each([
    [settings, {}, 'Secret wavefront-api-tokens has no key example.wavefront.com'],
    [{ ...settings, address: 'new.wavefront.com' }, tokens, 'Secret wavefront-api-tokens has no key new.wavefront.com'],
  ])('%j without a token for its address: nothing is sent', async (given, secrets, why) => {
    const { reading, request } = await measured(given, answer(), secretsFor(secrets));

    expect(reading).toEqual({ kind: 'misconfigured', why });
    expect(request).toBeUndefined();
  });

  it.each([
    [{ query: 'q' }, 'provider.wavefront.address is unset'],
    [{ address: 'a.b/path', query: 'q' }, 'provider.wavefront.address is "a.b/path"'],
    [{ address }, 'provider.wavefront.query is empty'],
  ])('%j is refused before anything is asked', async (given, why) => {
    const { reading, asked } = await measured(given, answer());

    expect(reading).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining(why) });
    expect(asked).toEqual([]);
  });
});
