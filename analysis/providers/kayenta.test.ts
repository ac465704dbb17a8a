/** Kayenta: an analysis is started once, asked for until it is complete, and its score decides. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProvider as ProviderSettings } from '../../crds/schema/providers.ts';
import type { OutboundOutcome } from '../../outbound/outcome.ts';
import { judgeReading } from '../judge/reading.ts';
import type { MeasureContext, Reading } from '../provider.ts';
import { asking, now } from '../testing/asking.ts';
import { aContext, type Backend, backend } from '../testing/backend.ts';
import { kayentaProvider } from './kayenta.ts';

type Settings = NonNullable<ProviderSettings['kayenta']>;

const settings: Settings = {
  address: 'https://kayenta.example/',
  application: 'guestbook',
  canaryConfigName: 'my-test',
  metricsAccountName: 'metrics',
  configurationAccountName: 'configs',
  storageAccountName: 'storage',
  threshold: { pass: 90, marginal: 75 },
  scopes: [
    {
      name: 'default',
      controlScope: { scope: 'app=a and hash=1', region: 'eu', step: 60 },
      experimentScope: { scope: 'app=a and hash=2', region: 'eu', step: 60 },
    },
  ],
};
const configs = '[{"id":"id-0","name":"other"},{"id":"id/1","name":"my-test"}]';
const started = '{"canaryExecutionId":"01ABC"}';
const scored = (score: unknown, more: object = {}) =>
  JSON.stringify({ complete: true, status: 'succeeded', result: { judgeResult: { score: { score } } }, ...more });
const resume = { canaryExecutionId: '01ABC' };

function aMetric(changes: Partial<Settings> = {}, interval: string | undefined = '1h'): Metric {
  return { name: 'm', ...(interval ? { interval } : {}), provider: { kayenta: { ...settings, ...changes } } };
}

async function measured(
  metric: Metric,
  answers: readonly (string | OutboundOutcome)[],
  changes: Partial<MeasureContext> = {},
) {
  const { sent, context } = asking(answers, changes);
  return { reading: await kayentaProvider().measure(metric, context), sent };
}

const looked = (answer: string | OutboundOutcome, changes: Partial<MeasureContext> = {}) =>
  measured(aMetric(), [answer], { resume, ...changes });

describe('an analysis is started', () => {
  it('with the configuration of that name, its accounts, scopes and thresholds [provider:kayenta]', async () => {
    const { reading, sent } = await measured(aMetric(), [configs, started]);

    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://kayenta.example/canaryConfig?application=guestbook&configurationAccountName=configs',
      'POST https://kayenta.example/canary/id%2F1?application=guestbook&metricsAccountName=metrics&configurationAccountName=configs&storageAccountName=storage',
    ]);
    const span = { start: '2026-01-02T02:04:05Z', end: '2026-01-02T03:04:05Z' };
    expect(JSON.parse(sent[1]?.body ?? '')).toEqual({
      scopes: {
        default: {
          controlScope: { scope: 'app=a and hash=1', region: 'eu', step: 60, ...span },
          experimentScope: { scope: 'app=a and hash=2', region: 'eu', step: 60, ...span },
        },
      },
      thresholds: { pass: 90, marginal: 75 },
    });
    expect(reading).toEqual({ kind: 'running', resume, lookAgainAt: now + 15_000 });
  });

  it('from the start of the run with lookback', async () => {
    const { sent } = await measured(aMetric({ lookback: true }, ''), [configs, started], {
      runStartedAt: Date.UTC(2026, 0, 1),
    });

    expect(JSON.parse(sent[1]?.body ?? '').scopes.default.controlScope).toMatchObject({
      start: '2026-01-01T00:00:00Z',
      end: '2026-01-02T03:04:05Z',
    });
  });

  it('from and to what the scopes say', async () => {
    const times = { start: '2026-01-01T10:00:00Z', end: '2026-01-01T11:00:00Z' };
    const scopes = [{ name: 'a', controlScope: times, experimentScope: times }];
    const { sent } = await measured(aMetric({ scopes }, ''), [configs, started]);

    expect(JSON.parse(sent[1]?.body ?? '').scopes.a.experimentScope).toMatchObject(times);
  });

  it('not without a configuration of that name', async () => {
    const { reading, sent } = await measured(aMetric(), ['[{"id":"x","name":"other"}]']);

    expect(reading).toEqual({
      kind: 'misconfigured',
      why: 'Kayenta has no canary configuration "my-test" for application "guestbook"',
    });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['an error', { kind: 'response', status: 500, headers: {}, body: '{"message":"redis is down"}' }, 'unavailable'],
    ['an answer without an id', '{"status":"ok"}', 'unavailable'],
    ['an empty id', '{"canaryExecutionId":""}', 'unavailable'],
    ['a web page', '<html>login</html>', 'unavailable'],
    ['no answer in time', { kind: 'timeout', why: 'kayenta did not answer in time' }, 'unavailable'],
  ] as const)('and %s starts nothing', async (_name, answer, kind) => {
    expect((await measured(aMetric(), [configs, answer])).reading).toMatchObject({ kind });
  });
});

describe('an analysis under way', () => {
  it('is asked for by its id, never started again, and is waited for', async () => {
    const { reading, sent } = await looked('{"complete":false,"status":"running"}');

    expect(sent).toMatchObject([{ method: 'GET', url: 'https://kayenta.example/canary/01ABC' }]);
    expect(reading).toEqual({ kind: 'running', resume, lookAgainAt: now + 15_000 });
  });

  it.each([
    [100, 'Successful', '100'],
    [90, 'Successful', '90'],
    [89.9, 'Inconclusive', '89'],
    [75, 'Inconclusive', '75'],
    [74.9, 'Failed', '74'],
    [0, 'Failed', '0'],
  ])('with the score %d is %s', async (score, phase, value) => {
    const { reading } = await looked(scored(score));

    expect(reading).toEqual({ kind: 'verdict', phase, text: value });
    for (const rule of ['argo', 'tidegate'] as const)
      expect(judgeReading(reading, { successCondition: 'false' }, rule)).toEqual({ kind: 'judged', phase, value });
  });

  it.each([
    ['no result', '{"complete":true,"status":"terminal"}'],
    ['a null score', scored(null)],
    ['a score that is no number', scored('NaN')],
  ])('that ends with %s is no evidence', async (_name, answer) => {
    expect((await looked(answer)).reading).toMatchObject({
      kind: 'no-evidence',
      why: expect.stringMatching(/^Kayenta ended the analysis without a score \(status "(terminal|succeeded)"\)$/),
    });
  });

  it('goes on while Kayenta can not be asked, for five minutes', async () => {
    const down: OutboundOutcome = { kind: 'unreachable', why: 'kayenta refused the connection' };
    const first = await looked(down);
    const again = await looked('{"complete":false}', { resume: { ...resume, unanswered: '3' } });
    const last = await looked(down, { resume: { ...resume, unanswered: '19' } });

    expect(first.reading).toMatchObject({ kind: 'running', resume: { ...resume, unanswered: '1' } });
    expect(again.reading).toMatchObject({ kind: 'running', resume: { unanswered: '0' } });
    expect(last.reading).toEqual({
      kind: 'unavailable',
      why: 'Kayenta did not answer: kayenta refused the connection',
    });
  });

  it('that Kayenta does not know any more ends', async () => {
    const gone: OutboundOutcome = { kind: 'response', status: 404, headers: {}, body: '{"message":"not found"}' };

    expect((await looked(gone)).reading).toMatchObject({ kind: 'misconfigured' });
  });
});

it.each([
  [{ address: 'kayenta' }, '1h', 'provider.kayenta.address is "kayenta"'],
  [{ canaryConfigName: '' }, '1h', 'provider.kayenta.canaryConfigName is empty'],
  [{ threshold: { pass: 90 } }, '1h', 'provider.kayenta.threshold is incomplete'],
  [{ threshold: { pass: 70, marginal: 80 } }, '1h', 'provider.kayenta.threshold.marginal is 80'],
  [{ scopes: [] }, '1h', 'provider.kayenta.scopes is empty'],
  [{ scopes: [{ name: 'a' }, { name: 'a' }] }, '1h', 'provider.kayenta.scopes is "a" twice'],
  [{}, '', 'interval is unset, but a scope without start begins one interval ago'],
  [
    { scopes: [{ name: 'a', controlScope: { start: '2026-01-01T00:00:00Z' } }] },
    '1h',
    'provider.kayenta.scopes[0] is with one start',
  ],
])('%j with interval %j is refused before anything is sent', async (changes, interval, why) => {
  const { reading, sent } = await measured(aMetric(changes, interval), ['']);

  expect(reading).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining(why) });
  expect(sent).toEqual([]);
});

describe('over a real connection', () => {
  let server: Backend | undefined;

  afterEach(async () => {
    await server?.close();
  });

  it('starts, waits and scores', async () => {
    const answers = [configs, started, '{"complete":false}', scored(95)];
    const kayenta = await backend((_, response) => response.end(answers.shift()));
    server = kayenta;
    const metric = aMetric({ address: kayenta.address });
    const readings: Reading[] = [];
    for (const known of [undefined, resume, resume])
      readings.push(await kayentaProvider().measure(metric, aContext(known === undefined ? {} : { resume: known })));

    expect(readings.map(({ kind }) => kind)).toEqual(['running', 'running', 'verdict']);
    expect(kayenta.seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      'GET /canaryConfig',
      'POST /canary/id%2F1',
      'GET /canary/01ABC',
      'GET /canary/01ABC',
    ]);
  });
});
