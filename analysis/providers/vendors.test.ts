/**
 * What all vendors' backends have in common, each against a real HTTP server through the real client: values, errors, time, bodies
 * that are no answer, and Secrets that are not there.
 */

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProvider as Settings } from '../../crds/schema/providers.ts';
import { outboundClient } from '../../outbound/client.ts';
import type { OutboundOutcome } from '../../outbound/outcome.ts';
import { judgeReading } from '../judge/reading.ts';
import type { MeasureContext, MetricProvider, Reading } from '../provider.ts';
import { asking } from '../testing/asking.ts';
import { aContext, answering, type Backend, backend, type Handler } from '../testing/backend.ts';
import { secretsFor } from '../testing/secrets.ts';
import { datadogProvider } from './datadog.ts';
import { graphiteProvider } from './graphite.ts';
import { influxdbProvider } from './influxdb.ts';
import { newRelicProvider } from './new-relic.ts';
import { skyWalkingProvider } from './sky-walking.ts';
import { wavefrontProvider } from './wavefront.ts';

interface Vendor {
  readonly name: string;
  readonly provider: () => MetricProvider;
  readonly settings: (address: string) => Settings;
  /** The Secret it opens, with the address to ask. */
  readonly secret?: (address: string) => Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly good: string;
  readonly value: unknown;
  /** Says "nothing was measured" in this API. */
  readonly empty: string;
  /** What Argo Rollouts makes of that. */
  readonly ofEmpty: Partial<Reading>;
  readonly malformed: readonly string[];
}

const vendors: readonly Vendor[] = [
  {
    name: 'Datadog v1',
    provider: datadogProvider,
    settings: () => ({ datadog: { query: 'q' } }),
    secret: (address) => ({ datadog: { 'api-key': 'secret-api', 'app-key': 'secret-app', address } }),
    good: '{"series":[{"pointlist":[[1,0.5]]}]}',
    value: 0.5,
    empty: '{"series":[]}',
    ofEmpty: { kind: 'value', value: null },
    malformed: ['', '[]', '{"series":[{"pointlist":[["a","b"]]}]}', '<html>login</html>', '{"series":'],
  },
  {
    name: 'Datadog v2',
    provider: datadogProvider,
    settings: () => ({ datadog: { query: 'q', apiVersion: 'v2' } }),
    secret: (address) => ({ datadog: { 'api-key': 'secret-api', 'app-key': 'secret-app', address } }),
    good: '{"data":{"attributes":{"columns":[{"values":[0.5]}]}}}',
    value: 0.5,
    empty: '{"data":{"attributes":{"columns":[{"values":[]}]}}}',
    ofEmpty: { kind: 'value', value: null },
    malformed: ['', '"x"', '{"data":{"attributes":{"columns":[{"values":"invalid"}]}}}', '<!doctype html>'],
  },
  {
    name: 'New Relic',
    provider: newRelicProvider,
    settings: () => ({ newRelic: { query: 'SELECT 1' } }),
    secret: (address) => ({
      newrelic: { 'personal-api-key': 'secret-key', 'account-id': '1', 'base-url-nerdgraph': `${address}/graphql` },
    }),
    good: '{"data":{"actor":{"account":{"nrql":{"results":[{"rate":0.5}]}}}}}',
    value: { rate: 0.5 },
    empty: '{"data":{"actor":{"account":{"nrql":{"results":[]}}}}}',
    ofEmpty: { kind: 'no-evidence' },
    malformed: ['', '[]', '{"data":{"actor":{"account":{"nrql":{"results":"x"}}}}}', '<html>login</html>'],
  },
  {
    name: 'Wavefront',
    provider: wavefrontProvider,
    settings: (address) => ({ wavefront: { address, query: 'q' } }),
    secret: (address) => ({ 'wavefront-api-tokens': { [address.slice(7).replace(':', '_')]: 'secret-token' } }),
    good: '{"timeseries":[{"data":[[1,0.5]]}]}',
    value: 0.5,
    empty: '{"timeseries":[]}',
    ofEmpty: { kind: 'no-evidence' },
    malformed: ['', 'null', '{"timeseries":[{"data":[["a"]]}]}', '<html>login</html>'],
  },
  {
    name: 'Graphite',
    provider: graphiteProvider,
    settings: (address) => ({ graphite: { address, query: 'target=a' } }),
    good: '[{"target":"a","datapoints":[[0.5,1]]}]',
    value: [0.5],
    empty: '[]',
    ofEmpty: { kind: 'no-evidence' },
    malformed: ['', '{}', '[{"datapoints":[["x",1]]}]', '[{"datapoints":[[1]]}]', '<html>login</html>'],
  },
  {
    name: 'InfluxDB',
    provider: influxdbProvider,
    settings: () => ({ influxdb: { query: 'q' } }),
    secret: (address) => ({ influxdb: { address, authToken: 'secret-token', org: 'o' } }),
    good: '#datatype,string,long,double\n,result,table,_value\n,,0,0.5\n',
    value: [0.5],
    empty: '\r\n',
    ofEmpty: { kind: 'no-evidence' },
    malformed: ['<html>login</html>', 'a,b\n1,2\n', '#datatype,long\n,_value\n,x\n'],
  },
  {
    name: 'SkyWalking',
    provider: skyWalkingProvider,
    settings: (address) => ({ skywalking: { address, query: 'query { a }' } }),
    good: '{"data":{"a":0.5}}',
    value: { a: 0.5 },
    empty: '{"data":null}',
    ofEmpty: { kind: 'no-evidence' },
    malformed: ['', '[]', '<html>login</html>', '{"data":'],
  },
];

let server: Backend | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function metricOf(vendor: Vendor, address: string): Metric {
  return { name: 'm', provider: vendor.settings(address) };
}

async function measured(vendor: Vendor, handler: Handler, changes: Partial<MeasureContext> = {}): Promise<Reading> {
  server = await backend(handler);
  const { address } = server;
  const secrets = secretsFor(vendor.secret?.(address) ?? {});
  return vendor.provider().measure(metricOf(vendor, address), aContext({ secrets, ...changes }));
}

describe.each(vendors)('$name over a real connection', (vendor) => {
  it('measures', async () => {
    expect(await measured(vendor, answering(200, vendor.good))).toMatchObject({ kind: 'value', value: vendor.value });
  });

  it('an empty answer is never success', async () => {
    expect(await measured(vendor, answering(200, vendor.empty))).toMatchObject(vendor.ofEmpty);
  });

  it.each(vendor.malformed)('%j is no answer', async (body) => {
    expect((await measured(vendor, answering(200, body))).kind).toMatch(/^(unavailable|no-evidence)$/);
  });

  it.each([
    [400, 'misconfigured'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('HTTP %i is %s and says what the backend said', async (status, kind) => {
    const reading = await measured(vendor, answering(status, '{"errors":[{"message":"no such thing"}]}'));

    expect(reading).toMatchObject({ kind, why: expect.stringContaining(`HTTP ${status}`) });
    expect(reading).toMatchObject({ why: expect.stringContaining('no such thing') });
  });

  it('waits as long as a backend under load says', async () => {
    expect(await measured(vendor, answering(429, '{}', { 'retry-after': '7' }))).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('a backend that never answers is given up, and not forever asked', async () => {
    const given = new AbortController();
    const reading = measured(vendor, () => given.abort(), { signal: given.signal });

    expect((await reading).kind).toBe('unavailable');
  });

  it('an answer that did not come in time is unavailable', async () => {
    const late: OutboundOutcome = { kind: 'timeout', why: 'x did not answer in time' };
    const { sent, context } = asking([late], { secrets: secretsFor(vendor.secret?.('http://x') ?? {}) });

    expect(await vendor.provider().measure(metricOf(vendor, 'http://x'), context)).toMatchObject({
      kind: 'unavailable',
    });
    expect(sent[0]?.timeoutMs).toBeGreaterThan(0);
    expect(sent[0]?.timeoutMs).toBeLessThanOrEqual(60_000);
  });

  it('never throws and never makes a number out of nothing, whatever the answer is', async () => {
    const secrets = secretsFor(vendor.secret?.('http://127.0.0.1:1') ?? {});
    const holed = fc
      .tuple(fc.nat(vendor.good.length), fc.nat(8), fc.constantFrom('', 'null', '[]', '"', '{', '1e999', '-', ','))
      .map(([at, cut, put]) => vendor.good.slice(0, at) + put + vendor.good.slice(at + cut));
    const body = fc.oneof(fc.json(), fc.string(), holed);
    const found = await fc.check(
      fc.asyncProperty(body, async (text) => {
        const { context } = asking(text, { secrets });
        const reading = await vendor.provider().measure(metricOf(vendor, 'http://127.0.0.1:1'), context);
        if (reading.kind !== 'value') return;
        const numbers = [reading.value].flat().filter((one) => typeof one === 'number' && !Number.isNaN(one));
        if (!/[0-9]|Inf/.test(text)) expect(numbers).toEqual([]);
        if (reading.value === null) expect(judgeReading(reading, {}, 'tidegate').kind).toBe('held');
      }),
      { numRuns: 300 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });

  it('an address that nobody may name is not asked', async () => {
    const outbound = outboundClient({ policy: {}, userAgent: 'tidegate-test' });
    const reading = await measured(vendor, answering(200, vendor.good), { outbound });

    expect(reading.kind).toBe('misconfigured');
    expect(server?.seen).toEqual([]);
  });
});

it.each(vendors.filter(({ secret }) => secret !== undefined))(
  '$name without its Secret asks nothing, and no sentence holds a key',
  async (vendor) => {
    const missing = await measured(vendor, answering(200, vendor.good), { secrets: secretsFor({}) });

    expect(missing).toMatchObject({ kind: 'misconfigured', why: expect.stringMatching(/^Secret /) });
    expect(server?.seen).toEqual([]);
    await server?.close();
    expect(JSON.stringify(await measured(vendor, answering(401, '{}')))).not.toContain('secret-');
  },
);

it('the time that a metric gives is kept over a real connection', async () => {
  server = await backend(() => undefined);
  const keys = { 'api-key': 'k', 'app-key': 'k', address: server.address };
  const provider = { datadog: { query: 'q', requestTimeout: '50ms' } };
  const reading = await datadogProvider().measure(
    { name: 'm', provider },
    aContext({ secrets: secretsFor({ datadog: keys }) }),
  );

  expect(reading).toEqual({
    kind: 'unavailable',
    why: expect.stringMatching(/^Datadog did not answer: 127\.0\.0\.1:\d+ did not answer in time$/),
  });
});
