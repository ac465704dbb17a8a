import { afterEach, describe, expect, test } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import type { PrometheusProvider } from '../../crds/schema/providers.ts';
import type { Reading } from '../provider.ts';
import { aContext, answering, type Backend, backend, type Handler } from '../testing/backend.ts';
import { prometheusProvider } from './prometheus.ts';

let server: Backend | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function aMetric(settings: PrometheusProvider): Metric {
  return { name: 'm', provider: { prometheus: { query: 'up', ...settings } } };
}

async function measured(handler: Handler, settings: PrometheusProvider = {}): Promise<Reading> {
  server = await backend(handler);
  return prometheusProvider().measure(aMetric({ address: server.address, ...settings }), aContext());
}

function success(data: object, more: object = {}): Handler {
  return answering(200, JSON.stringify({ status: 'success', data, ...more }));
}

const vector = (...values: string[]) => ({
  resultType: 'vector',
  result: values.map((value, index) => ({ metric: { pod: `p${index}` }, value: [1700000000.1, value] })),
});

describe('answers', () => {
  const rows: readonly (readonly [string, object, unknown, string])[] = [
    ['a vector becomes a list in server order', vector('0.5', '0.25'), [0.5, 0.25], '[0.5,0.25]'],
    ['an empty vector becomes an empty list', vector(), [], '[]'],
    ['NaN stays NaN', vector('NaN'), [Number.NaN], '[NaN]'],
    [
      'infinities stay infinite',
      vector('+Inf', '-Inf'),
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      '[+Inf,-Inf]',
    ],
    ['exponents are read', vector('1e+06'), [1e6], '[1e+06]'],
    ['a scalar becomes a number', { resultType: 'scalar', result: [1, '0.97'] }, 0.97, '0.97'],
    ['a string stays text', { resultType: 'string', result: [1, 'hello'] }, 'hello', 'hello'],
    [
      'a matrix becomes one list',
      {
        resultType: 'matrix',
        result: [
          {
            metric: {},
            values: [
              [1, '1'],
              [2, '2'],
            ],
          },
          { metric: {}, values: [[1, '3']] },
        ],
      },
      [1, 2, 3],
      '[1,2,3]',
    ],
  ];

  test.each(rows)('%s', async (_, data, value, text) => {
    expect(await measured(success(data))).toEqual({ kind: 'value', value, text });
  });

  test('warnings and partial answers are passed on as doubts', async () => {
    const reading = await measured(success(vector('1'), { warnings: ['store  x\nis down'], isPartial: true }));

    expect(reading).toMatchObject({ kind: 'value', warnings: ['store x is down', 'the answer is partial'] });
  });

  test('infos are not doubts', async () => {
    expect(await measured(success(vector('1'), { infos: ['metric might not be a counter'] }))).not.toHaveProperty(
      'warnings',
    );
  });

  test('a long list is cut in the text, not in the value', async () => {
    const reading = await measured(success(vector(...Array.from({ length: 5000 }, () => '0.123456'))));

    expect(reading).toMatchObject({ kind: 'value', value: expect.objectContaining({ length: 5000 }) });
    expect(reading.kind === 'value' && reading.text.length).toBe(16_384);
  });
});

describe('the request', () => {
  test('is a form with the query and the given time', async () => {
    await measured(success(vector('1')), {
      query: 'sum(rate(x{a="ü"}[1m]))',
      timeout: 7,
      headers: [{ key: 'X-Scope-OrgID', value: 't1' }],
    });

    const [request] = server?.seen ?? [];
    expect(request).toMatchObject({ method: 'POST', url: '/api/v1/query' });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      query: 'sum(rate(x{a="ü"}[1m]))',
      time: '1767323045.678',
      timeout: '7s',
      partial_response: 'false',
    });
    expect(request?.headers).toMatchObject({
      'x-scope-orgid': 't1',
      'content-type': 'application/x-www-form-urlencoded',
    });
  });

  test('keeps path and parameters of the address, and sends basic authentication', async () => {
    server = await backend(success(vector('1')));
    const authentication = { basicAuth: { username: 'u', password: 'p' } };

    await prometheusProvider().measure(
      aMetric({ address: `${server.address}/select/0/prometheus/?tenant=a`, authentication }),
      aContext(),
    );

    expect(server.seen[0]).toMatchObject({ url: '/select/0/prometheus/api/v1/query?tenant=a' });
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${btoa('u:p')}`);
  });

  test('goes to the default address when the metric names none', async () => {
    server = await backend(success(vector('1')));

    const reading = await prometheusProvider({ defaultAddress: server.address }).measure(aMetric({}), aContext());

    expect(reading.kind).toBe('value');
  });

  test('falls back to GET where POST is not allowed', async () => {
    const reading = await measured((request, response) => {
      if (request.method === 'POST') response.writeHead(405).end();
      else success(vector('1'))(request, response);
    });

    expect(reading.kind).toBe('value');
    expect(server?.seen[1]?.url).toMatch(/^\/api\/v1\/query\?query=up&time=/);
  });

  test('a range may be said by every expression that gives a time', async () => {
    const start = 'let zone = timezone("Europe/Berlin"); date("2026-01-01 00:00", "2006-01-02 15:04").In(zone)';
    const rangeQuery = { start, end: 'now().Truncate(duration("1h")).Add(duration("30m"))', step: '1m' };

    await measured(success({ resultType: 'matrix', result: [] }), { rangeQuery });

    expect(Object.fromEntries(new URLSearchParams(server?.seen[0]?.body))).toMatchObject({
      start: '1767225600.000',
      end: '1767324600.000',
    });
  });

  test('asks for a range with times computed from now', async () => {
    const rangeQuery = { start: 'now() - duration("1h")', end: 'now()', step: '1m' };

    await measured(success({ resultType: 'matrix', result: [] }), { rangeQuery });

    expect(server?.seen[0]?.url).toBe('/api/v1/query_range');
    expect(Object.fromEntries(new URLSearchParams(server?.seen[0]?.body))).toMatchObject({
      start: '1767319445.678',
      end: '1767323045.678',
      step: '60',
    });
  });
});

describe('what is no value', () => {
  const error = (errorType: string, text = 'boom'): string =>
    JSON.stringify({ status: 'error', errorType, error: text });
  const rows: readonly (readonly [string, number, string, string, string])[] = [
    [
      '400 bad_data',
      400,
      error('bad_data', 'parse error: x'),
      'misconfigured',
      'refused the query (HTTP 400): parse error: x',
    ],
    [
      '422 execution',
      422,
      error('execution', 'multiple matches'),
      'misconfigured',
      'refused the query (HTTP 422): multiple matches',
    ],
    ['VictoriaMetrics 422', 422, error('422', 'cannot parse'), 'misconfigured', 'cannot parse'],
    ['401', 401, 'no', 'misconfigured', 'refused the credentials (HTTP 401)'],
    ['403', 403, '<html>no</html>', 'misconfigured', 'credentials'],
    ['404', 404, 'nothing', 'misconfigured', 'nothing at this address'],
    ['429', 429, 'slow down', 'unavailable', 'HTTP 429'],
    ['500', 500, error('internal'), 'unavailable', 'HTTP 500: boom'],
    ['502 with a page', 502, '<html>bad gateway</html>', 'unavailable', 'HTTP 502'],
    ['503 timeout', 503, error('timeout', 'query timed out'), 'unavailable', 'query timed out'],
    ['a page with 200', 200, '<!doctype html><p>log in', 'unavailable', 'a web page instead of JSON'],
    ['text with 200', 200, 'ok', 'unavailable', 'no Prometheus answer'],
    ['other JSON with 200', 200, '{"status":"green"}', 'unavailable', 'no Prometheus answer'],
    ['an empty body', 200, '', 'unavailable', 'no Prometheus answer'],
    ['an error with 200', 200, error('internal', 'oops'), 'unavailable', 'oops'],
    ['no data', 200, '{"status":"success"}', 'unavailable', 'no data'],
    [
      'a sample that is no number',
      200,
      JSON.stringify({ status: 'success', data: vector('abc') }),
      'unavailable',
      'no number',
    ],
    [
      'native histograms',
      200,
      JSON.stringify({
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] },
      }),
      'misconfigured',
      'native histograms',
    ],
  ];

  test.each(rows)('%s', async (_, status, body, kind, why) => {
    const reading = await measured(answering(status, body));

    expect(reading).toMatchObject({ kind, why: expect.stringContaining(why) });
  });

  test('Retry-After is passed on, as seconds and as a date', async () => {
    expect(await measured(answering(429, '', { 'retry-after': '17' }))).toMatchObject({ retryAfterMs: 17_000 });
    await server?.close();
    expect(await measured(answering(503, '', { 'retry-after': 'Fri, 02 Jan 2026 03:05:05 GMT' }))).toMatchObject({
      retryAfterMs: 59_322,
    });
  });

  test('a server that is down, slow, endless or forbidden', async () => {
    const slow = await measured(() => undefined, { timeout: 1 });
    expect(slow).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('in time') });

    const address = server?.address ?? '';
    await server?.close();
    const down = await prometheusProvider().measure(aMetric({ address }), aContext());
    expect(down).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('refused the connection') });

    const huge = await measured((_, response) => response.writeHead(200).end(Buffer.alloc(17 * 1024 * 1024, ' ')));
    expect(huge).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining('more than 16777216 bytes') });

    const metadata = await prometheusProvider().measure(aMetric({ address: 'http://169.254.169.254' }), aContext());
    expect(metadata).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining('metadata') });
  });
});

describe('lint', () => {
  const rows: readonly (readonly [string, PrometheusProvider, string])[] = [
    ['no address', {}, 'provider.prometheus.address is missing'],
    [
      'an address without scheme',
      { address: 'prometheus:9090' },
      'provider.prometheus.address is no http or https URL',
    ],
    ['an empty query', { address: 'http://p', query: ' ' }, 'the query is empty'],
    [
      'an open bracket',
      { address: 'http://p', query: 'sum(rate(x[1m])' },
      'something is missing at the end at line 1, column 16',
    ],
    ['a stray word on the second line', { address: 'http://p', query: 'sum(\n  x y\n)' }, 'line 2, column 5'],
    ['a double operator', { address: 'http://p', query: 'a + * b' }, 'column 5'],
    [
      'OAuth without a client',
      { address: 'http://p', authentication: { oauth2: { tokenUrl: 'http://t' } } },
      'is missing',
    ],
    [
      'SigV4 beside another',
      { address: 'http://p', authentication: { sigv4: { region: 'eu-west-1' }, basicAuth: { username: 'a' } } },
      'sets basicAuth and sigv4: keep one',
    ],
    [
      'a header name with a space',
      { address: 'http://p', headers: [{ key: 'a b', value: 'x' }] },
      '"a b" is no header name',
    ],
    [
      'a header value with a line break',
      { address: 'http://p', headers: [{ key: 'a', value: 'x\ny' }] },
      'the value of a has a character',
    ],
    [
      'a bad range',
      { address: 'http://p', rangeQuery: { start: 'yesterday', end: 'now()', step: '1m' } },
      'rangeQuery needs start and end',
    ],
  ];

  test.each(rows)('%s', (_, settings, expected) => {
    const problems = prometheusProvider().lint(aMetric(settings));

    expect(problems.map(({ field, message }) => `${field} ${message}`).join('; ')).toContain(expected);
  });

  test.each([
    'up',
    'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    'histogram_quantile(0.99, sum by (le) (rate(x_bucket[1m]))) > 0.5',
    'sum(x) by (a) or vector(0)',
    'max_over_time(deriv(rate(x[5m])[30m:1m])[1h:5m] offset 1h)',
    'x @ 1609746000 and on (a) group_left y',
  ])('accepts %s', (query) => {
    expect(prometheusProvider().lint(aMetric({ address: 'http://p', query }))).toEqual([]);
  });

  test('a query that the grammar refuses is still asked, since the server may know more', async () => {
    expect(await measured(success(vector('1')), { query: 'rollup_rate(x[1m]) keep_metric_names' })).toMatchObject({
      kind: 'value',
    });
  });

  test('a query that both refuse is reported with its place, also while the server is away', async () => {
    const query = 'sum(rate(x[1m])';

    expect(
      await measured(answering(400, '{"status":"error","errorType":"bad_data","error":"x"}'), { query }),
    ).toMatchObject({
      kind: 'misconfigured',
      why: expect.stringContaining('column 16'),
    });
    expect(await measured(answering(503, ''), { query })).toMatchObject({ kind: 'misconfigured' });
  });
});
