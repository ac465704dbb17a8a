import { afterEach, describe, expect, test } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import type { WebProvider } from '../../crds/schema/providers.ts';
import type { Reading } from '../provider.ts';
import { aContext, answering, type Backend, backend, type Handler } from '../testing/backend.ts';
import { webProvider } from './web.ts';

let server: Backend | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function aMetric(settings: WebProvider): Metric {
  return { name: 'm', provider: { web: settings } };
}

async function measured(handler: Handler, settings: Partial<WebProvider> = {}): Promise<Reading> {
  server = await backend(handler);
  return webProvider().measure(aMetric({ url: `${server.address}/check?a=1`, ...settings }), aContext());
}

describe('the web backend', () => {
  test.each([
    [
      'the whole answer without a path',
      undefined,
      { data: { ok: true, rates: [0.1, 0.2] } },
      '{"data":{"ok":true,"rates":[0.1,0.2]}}',
    ],
    ['a member', '{$.data.ok}', true, 'true'],
    ['an item', '{$.data.rates[1]}', 0.2, '0.2'],
    ['a path without braces and dollar', 'data.ok', true, 'true'],
    ['the first of several', '{.data.rates[*]}', 0.1, '0.1'],
  ])('%s', async (_, jsonPath, value, text) => {
    const reading = await measured(
      answering(200, '{"data":{"ok":true,"rates":[0.1,0.2]}}'),
      jsonPath === undefined ? {} : { jsonPath },
    );

    expect(reading).toEqual({ kind: 'value', value, text });
  });

  test('a body that is no JSON is a text', async () => {
    expect(await measured(answering(200, 'all fine'), { jsonPath: '{$.x}' })).toEqual({
      kind: 'value',
      value: 'all fine',
      text: 'all fine',
    });
  });

  test('sends method, headers, body and basic authentication', async () => {
    await measured(answering(200, '1'), {
      method: 'POST',
      jsonBody: { a: [1] },
      headers: [{ key: 'Authorization', value: 'Bearer abc' }],
    });
    expect(server?.seen[0]).toMatchObject({ method: 'POST', url: '/check?a=1', body: '{"a":[1]}' });
    expect(server?.seen[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer abc' });
    await server?.close();

    await measured(answering(201, '1'), {
      method: 'PUT',
      body: 'x',
      authentication: { basicAuth: { username: 'u', password: 'p' } },
    });
    expect(server?.seen[0]).toMatchObject({ method: 'PUT', body: 'x' });
    expect(server?.seen[0]?.headers.authorization).toBe(`Basic ${btoa('u:p')}`);
  });

  test.each([
    [301, 'misconfigured'],
    [400, 'misconfigured'],
    [401, 'misconfigured'],
    [404, 'misconfigured'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('HTTP %i is %s', async (status, kind) => {
    expect(await measured(answering(status, '{"ok":true}'))).toMatchObject({
      kind,
      why: expect.stringContaining(String(status)),
    });
  });

  test('a path that finds nothing is no evidence', async () => {
    expect(await measured(answering(200, '{}'), { jsonPath: '{$.data.ok}' })).toEqual({
      kind: 'no-evidence',
      why: 'the web answer has nothing at {$.data.ok}',
    });
  });

  test('a slow server is unavailable', async () => {
    expect(await measured(() => undefined, { timeoutSeconds: 1 })).toMatchObject({ kind: 'unavailable' });
  });

  test.each([
    [{ url: 'check' }, 'provider.web.url'],
    [{ url: 'http://x', body: 'a', jsonBody: {}, method: 'POST' as const }, 'together with jsonBody'],
    [{ url: 'http://x', body: 'a' }, 'is GET, which carries no body'],
    [{ url: 'http://x', jsonPath: '{range .items[*]}{.a}{end}' }, 'range'],
    [{ url: 'http://x', jsonPath: '{$.a' }, 'second expression around its braces'],
  ])('%j is refused before anything is sent', async (settings, expected) => {
    const problems = webProvider().lint(aMetric(settings));

    expect(problems.map(({ field, message }) => `${field} ${message}`).join('; ')).toContain(expected);
    expect((await webProvider().measure(aMetric(settings), aContext())).kind).toBe('misconfigured');
  });
});
