/** InfluxDB: what is asked with which Secret, and how its annotated CSV is read. */

import { describe, expect, it } from 'vitest';
import type { MetricProvider } from '../../crds/schema/providers.ts';
import { judgeReading } from '../judge/reading.ts';
import { asking } from '../testing/asking.ts';
import { secretsFor } from '../testing/secrets.ts';
import { readFluxCsv } from './flux-csv.ts';
import { influxdbProvider } from './influxdb.ts';

const profile = { address: 'http://influx:8086/', authToken: 'influx-token', org: 'my org' };
const query = 'from(bucket: "app") |> range(start: -15m)';

async function measured(
  settings: NonNullable<MetricProvider['influxdb']>,
  body: string,
  secrets = secretsFor({ influxdb: profile }),
) {
  const { sent, context } = asking(body, { secrets });
  const reading = await influxdbProvider().measure({ name: 'm', provider: { influxdb: settings } }, context);
  return { reading, request: sent[0], asked: secrets.asked };
}

/** A table of one type, with one row per value. */
function table(type: string, values: readonly string[], byDefault = ''): string {
  return [
    '#group,false,false,true,false',
    `#datatype,string,long,string,${type}`,
    `#default,mean,,,${byDefault}`,
    ',result,table,_measurement,_value',
    ...values.map((value) => `,,0,"latency, ""p99""",${value}`),
    '',
    '',
  ].join('\r\n');
}

describe('InfluxDB', () => {
  it('is asked for the Flux query in its organization, and the value is the list of all rows [provider:influxdb]', async () => {
    const body = table('double', ['0.5', '2e-3']) + table('long', ['7']);
    const { reading, request, asked } = await measured({ query }, body);

    expect(request).toMatchObject({
      url: 'http://influx:8086/api/v2/query?org=my+org',
      method: 'POST',
      headers: { authorization: 'Token influx-token', accept: 'application/csv' },
      timeoutMs: 30_000,
    });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ query, type: 'flux', dialect: { header: true } });
    expect(asked).toMatchObject([{ name: 'influxdb', place: 'shared', open: ['address', 'org'] }]);
    expect(reading).toEqual({ kind: 'value', value: [0.5, 0.002, 7], text: '[0.5,0.002,7]' });
    expect(judgeReading(reading, { successCondition: 'result[0] <= 0.5' }, 'argo')).toMatchObject({
      phase: 'Successful',
    });
  });

  it.each(['', '\r\n', table('double', [])])('%j has no rows and is no evidence', async (body) => {
    expect((await measured({ query }, body)).reading).toEqual({
      kind: 'no-evidence',
      why: 'InfluxDB has no rows for the query',
    });
  });

  it.each([
    ['null', table('double', ['']), [null]],
    ['NaN', table('double', ['NaN']), [Number.NaN]],
  ])('%s is never success', async (_name, body, value) => {
    const { reading } = await measured({ query }, body);

    expect(reading).toMatchObject({ kind: 'value', value });
    expect(judgeReading(reading, {}, 'tidegate').kind).toBe('held');
    expect(judgeReading(reading, { successCondition: 'result[0] < 1' }, 'argo')).not.toMatchObject({
      phase: 'Successful',
    });
  });

  it('an error that comes after rows is an error', async () => {
    const error =
      '#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,query ended early,897\r\n';

    expect((await measured({ query }, table('double', ['1']) + error)).reading).toEqual({
      kind: 'misconfigured',
      why: 'InfluxDB refused the query: query ended early',
    });
  });

  it('rows without _value, or with one of another type, are no answer', async () => {
    expect((await measured({ query }, ',result,table,host\r\n,,0,a\r\n')).reading).toEqual({
      kind: 'unavailable',
      why: 'the answer of InfluxDB has no column _value',
    });
    expect((await measured({ query }, table('double', ['soon']))).reading).toEqual({
      kind: 'unavailable',
      why: 'the answer of InfluxDB has a _value that is no double',
    });
  });

  it.each([
    ['missing', {}, 'Secret influxdb has no key address'],
    ['without token', { influxdb: { ...profile, authToken: '' } }, 'Secret influxdb has no key authToken'],
    ['without organization', { influxdb: { ...profile, org: '' } }, 'Secret influxdb has no key org'],
    [
      'with a wrong address',
      { influxdb: { ...profile, address: 'influx:8086' } },
      'Secret "influxdb" has an address that is no http or https URL; correct it',
    ],
  ])('a Secret %s: nothing is sent', async (_name, secrets, why) => {
    const { reading, request } = await measured({ query }, '', secretsFor(secrets));

    expect(reading).toEqual({ kind: 'misconfigured', why });
    expect(request).toBeUndefined();
  });

  it('another profile is another Secret', async () => {
    const secrets = secretsFor({ other: { ...profile, address: 'https://eu.influx.example' } });

    expect((await measured({ query, profile: 'other' }, '', secrets)).request?.url).toMatch(/^https:\/\/eu\.influx/);
  });

  it('a metric without a query is refused', async () => {
    expect((await measured({}, '')).reading).toMatchObject({
      kind: 'misconfigured',
      why: expect.stringContaining('provider.influxdb.query is empty'),
    });
  });
});

describe('annotated CSV', () => {
  it.each([
    ['double', '+Inf', Number.POSITIVE_INFINITY],
    ['double', '-Inf', Number.NEGATIVE_INFINITY],
    ['unsignedLong', '18', 18],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['string', 'up', 'up'],
    ['string', '', ''],
    ['dateTime:RFC3339', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['duration', '5m', '5m'],
    ['long', '', null],
  ])('a %s %j', (type, cell, value) => {
    expect(readFluxCsv(table(type, [cell]))).toEqual({ kind: 'rows', values: [value] });
  });

  it('an empty cell has the default of its column', () => {
    expect(readFluxCsv(table('double', ['', '2'], '1'))).toEqual({ kind: 'rows', values: [1, 2] });
  });

  it('quoted cells may hold commas, quotes and line ends', () => {
    const text = '#datatype,string,string\n,tag,_value\n,"a,\r\nb","say ""hi"""\n';

    expect(readFluxCsv(text)).toEqual({ kind: 'rows', values: ['say "hi"'] });
  });

  it.each(['"', ',"', 'a"b,c', '#datatype', '\n\n#', ',_value\n,"open'])('%j does not break it', (text) => {
    expect(['rows', 'error', 'malformed']).toContain(readFluxCsv(text).kind);
  });

  it('a long answer takes no long time', () => {
    const many = table(
      'double',
      Array.from({ length: 50_000 }, (_, row) => String(row)),
    );
    const outcome = readFluxCsv(many);

    expect(outcome.kind === 'rows' && outcome.values.length).toBe(50_000);
  });
});
