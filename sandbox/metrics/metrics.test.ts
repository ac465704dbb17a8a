/** Scraping and asking over HTTP: what comes from a target's page, and what happens when a target goes. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Metrics, startMetrics } from './metrics.ts';
import type { MetricsClock, Target } from './scrape.ts';

const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const one of cleanUp.splice(0).toReversed()) await one();
});

interface HandClock extends MetricsClock {
  /** Moves time on by one scrape and waits until the round is done. */
  round(): Promise<void>;
  /** Resolves when the scraper sleeps. */
  idle(): Promise<void>;
}

const intervalMs = 1_000;
const startMs = Date.UTC(2026, 0, 1);

function handClock(): HandClock {
  let now = startMs;
  let wake: (() => void) | undefined;
  let asleep = Promise.withResolvers<void>();
  return {
    now: () => now,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        asleep.resolve();
      }),
    idle: () => asleep.promise,
    async round() {
      await asleep.promise;
      asleep = Promise.withResolvers();
      now += intervalMs;
      wake?.();
      await asleep.promise;
    },
  };
}

interface Page {
  text: string;
  readonly url: string;
}

async function aPage(text: string): Promise<Page> {
  const page = { text, url: '' };
  const server: Server = createServer((_, response) => {
    if (page.text === 'broken') response.statusCode = 500;
    response.end(page.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return Object.assign(page, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics` });
}

async function scraping(clock: HandClock, targets: Target[]): Promise<Metrics> {
  const metrics = await startMetrics({ targets: () => targets, clock, scrapeIntervalMs: intervalMs });
  cleanUp.push(() => metrics.stop());
  await clock.idle();
  return metrics;
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function ask(metrics: Metrics, query: string): Promise<readonly string[]> {
  const answer = await fetch(`${metrics.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const body = (await answer.json()) as { readonly data: { readonly result: readonly Result[] } };
  return body.data.result.map(({ value }) => value[1]);
}

test('a counter becomes a rate by the clock, with the labels of target and page', async () => {
  const clock = handClock();
  const page = await aPage('http_requests_total{code="200"} 0\n');
  const metrics = await scraping(clock, [{ url: page.url, labels: { pod: 'web-1', code: 'of the target' } }]);

  for (const count of [10, 20, 30]) {
    page.text = `http_requests_total{code="200"} ${count}\n`;
    await clock.round();
  }

  expect(await ask(metrics, 'rate(http_requests_total{pod="web-1",code="200"}[3s])')).toEqual(['10']);
  expect(await ask(metrics, 'up{pod="web-1",job="targets"}')).toEqual(['1']);
});

test('what is gone from the page, or from the targets, is gone at once', async () => {
  const clock = handClock();
  const page = await aPage('a 1\nb 1\n');
  const targets = [{ url: page.url, labels: { pod: 'web-1' } }];
  const metrics = await scraping(clock, targets);

  page.text = 'a 2\n';
  await clock.round();
  expect([await ask(metrics, 'a'), await ask(metrics, 'b')]).toEqual([['2'], []]);

  targets.length = 0;
  await clock.round();
  expect([await ask(metrics, 'a'), await ask(metrics, 'up')]).toEqual([[], []]);
  expect(await ask(metrics, 'count_over_time(a[1m])')).toEqual(['2']);
});

test('a target that fails is down and its series have ended; it comes back', async () => {
  const clock = handClock();
  const page = await aPage('a 1\n');
  const metrics = await scraping(clock, [{ url: page.url, labels: {} }]);

  for (const text of ['broken', 'a is garbled']) {
    page.text = text;
    await clock.round();
    expect([await ask(metrics, 'up'), await ask(metrics, 'a')]).toEqual([['0'], []]);
  }
  page.text = 'a 5\n';
  await clock.round();

  expect([await ask(metrics, 'up'), await ask(metrics, 'a')]).toEqual([['1'], ['5']]);
});

test('old samples are forgotten after a quarter of an hour', async () => {
  const clock = handClock();
  const page = await aPage('a 1\n');
  const metrics = await scraping(clock, [{ url: page.url, labels: {} }]);

  for (let round = 0; round < 920; round += 1) await clock.round();

  expect(await ask(metrics, 'count_over_time(a[1h])')).toEqual(['901']);
});

test('errors have the form of Prometheus, by GET and by POST', async () => {
  const metrics = await scraping(handClock(), []);
  const get = async (path: string): Promise<readonly [number, unknown]> => {
    const answer = await fetch(`${metrics.url}${path}`);
    return [answer.status, await answer.json()];
  };

  expect(await get('/api/v1/query?query=ln(up)')).toEqual([
    422,
    { status: 'error', errorType: 'execution', error: expect.stringContaining('the function ln()') },
  ]);
  expect(await get('/api/v1/query?query=up{')).toMatchObject([400, { status: 'error', errorType: 'bad_data' }]);
  expect(await get('/api/v1/query?query=up&time=soon')).toEqual([
    400,
    {
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "time": cannot parse "soon" to a valid timestamp',
    },
  ]);
  expect(await get('/api/v1/query_range?query=up&start=1&end=0&step=1')).toMatchObject([
    400,
    { errorType: 'bad_data' },
  ]);
});

test('times may be seconds or RFC 3339, and are rounded to milliseconds', async () => {
  const metrics = await scraping(handClock(), []);
  const timeOf = async (time: string): Promise<unknown> => {
    const answer = await fetch(`${metrics.url}/api/v1/query?${new URLSearchParams({ query: '1', time }).toString()}`);
    return ((await answer.json()) as { readonly data: { readonly result: readonly [number, string] } }).data.result[0];
  };

  expect(await timeOf('1767225600.0006')).toBe(1_767_225_600.001);
  expect(await timeOf('2026-01-01T00:00:00.25Z')).toBe(1_767_225_600.25);
});

test('labels, their values and series can be looked at; readiness is told', async () => {
  const clock = handClock();
  const page = await aPage('a{x="1"} 1\na{x="2"} 1\n');
  const metrics = await scraping(clock, [{ url: page.url, labels: { job: 'j', instance: 'i' } }]);
  const data = async (path: string): Promise<unknown> =>
    ((await (await fetch(`${metrics.url}${path}`)).json()) as { readonly data: unknown }).data;

  expect(await data('/api/v1/labels')).toEqual(['__name__', 'instance', 'job', 'x']);
  expect(await data('/api/v1/label/x/values')).toEqual(['1', '2']);
  expect(await data('/api/v1/series?match[]=up')).toEqual([{ __name__: 'up', instance: 'i', job: 'j' }]);
  expect((await fetch(`${metrics.url}/-/ready`)).status).toBe(200);
  expect((await fetch(`${metrics.url}/graph`)).status).toBe(404);
});
