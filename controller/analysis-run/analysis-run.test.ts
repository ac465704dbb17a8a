import { describe, expect, test } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { aMetric, aWorld, bad, down, empty, good, runKey, type WorldGiven } from './testing/world.ts';

const often = { interval: '10s', count: 3 };

describe('a run in tidegate.io', () => {
  test('measures at its interval, writes once per measurement, and ends', async () => {
    const world = aWorld({ spec: { metrics: [aMetric(often)] } });

    await world.pass(60_000);

    expect(world.status()).toMatchObject({
      phase: 'Successful',
      startedAt: '2026-01-01T00:00:00Z',
      completedAt: '2026-01-01T00:00:20Z',
      observedGeneration: 1,
      runSummary: { count: 1, successful: 1 },
      metricResults: [{ name: 'error-rate', phase: 'Successful', count: 3, successful: 3 }],
    });
    expect(world.status()).not.toHaveProperty('waiting');
    expect(world.asked.map(({ at }) => (at - world.asked[0]!.at) / 1000)).toEqual([0, 10, 20]);
    expect(world.writes).toHaveLength(4);
    expect(
      world.writes.every(({ options }) => options.subresource === 'status' && options.resourceVersion !== undefined),
    ).toBe(true);
    expect(world.events.map(({ reason, type }) => `${type} ${reason}`)).toEqual([
      'Normal MetricSuccessful',
      'Normal AnalysisRunSuccessful',
    ]);
    expect(world.events[0]?.message).toBe("Metric 'error-rate' Completed. Result: Successful");
  });

  test('a failure ends it at once and says which limit was passed', async () => {
    const world = aWorld({
      spec: { metrics: [aMetric(often), aMetric({ name: 'latency', interval: '10s' })] },
      answers: { 'error-rate': [bad], latency: [good] },
    });

    await world.pass(60_000);

    expect(world.status()).toMatchObject({
      phase: 'Failed',
      message: 'Metric "error-rate" assessed Failed due to failed (1) > failureLimit (0)',
      runSummary: { count: 2, failed: 1, successful: 1 },
    });
    expect(world.status().metricResults?.[0]?.measurements).toMatchObject([{ phase: 'Failed', value: '[0.5]' }]);
    expect(world.asked).toHaveLength(2);
  });

  test('says what it waits for and until when', async () => {
    const world = aWorld({ spec: { metrics: [aMetric({ ...often, initialDelay: '1m' })] } });

    await world.pass(1000);

    expect(world.status()).toMatchObject({
      phase: 'Running',
      waiting: {
        reason: 'AnalysisRunning',
        on: 'Metric/error-rate',
        until: '2026-01-01T00:01:00Z',
        moves: 'Metric "error-rate" is measured.',
      },
    });
    expect(world.asked).toEqual([]);

    await world.pass(60_000);
    expect(world.asked[0]?.at).toBe(Date.UTC(2026, 0, 1, 0, 1, 0));
  });

  test.each([
    ['an empty result', empty, 'NoEvidence', /^waiting for evidence: metric "error-rate": the result is empty/],
    [
      'a backend that is down',
      down,
      'BackendUnavailable',
      /^waiting for evidence: metric "error-rate": Prometheus did not answer$/,
    ],
    [
      'a wrong query',
      { kind: 'misconfigured' as const, why: 'parse error' },
      'Misconfigured',
      /^misconfigured: metric "error-rate": parse error$/,
    ],
    ['NaN', { kind: 'value' as const, value: [Number.NaN], text: '[NaN]' }, 'NoEvidence', /NaN/],
  ])('%s holds it, and it goes on when evidence comes', async (_, answer, reason, message) => {
    const world = aWorld({
      spec: { metrics: [aMetric(often)] },
      answers: [answer, answer, answer, answer, answer, answer, answer, good],
    });

    await world.pass(45_000);
    expect(world.status()).toMatchObject({
      phase: 'Running',
      message: expect.stringMatching(message),
      waiting: { reason },
    });
    expect(world.status().metricResults?.[0]?.measurements ?? []).toEqual([]);
    expect(world.status().metricResults?.[0]?.lastReading?.nextAt).toBeDefined();
    const held = world.events.map((event) => event.reason);
    expect(held).toEqual([reason === 'Misconfigured' ? 'Misconfigured' : 'EvidenceMissing']);

    await world.pass(60_000);
    expect(world.status()).toMatchObject({ phase: 'Successful' });
    expect(world.status()).not.toHaveProperty('message');
    expect(world.events.map((event) => event.reason).slice(1)).toEqual([
      'EvidenceFound',
      'MetricSuccessful',
      'AnalysisRunSuccessful',
    ]);
  });

  test('asks again after 5, 10, 20, 40 and then every 60 seconds', async () => {
    const world = aWorld({ spec: { metrics: [aMetric()] }, answers: [down] });

    await world.pass(200_000);

    const times = world.asked.map(({ at }) => Math.round((at - Date.UTC(2026, 0, 1)) / 1000));
    expect(times).toEqual([0, 5, 15, 35, 75, 135, 195]);
  });

  test('a metric that can not be measured holds the run, while the others still decide', async () => {
    const metrics = [
      aMetric({ name: 'typo', successCondition: 'result[0] <' }),
      aMetric({ name: 'errors', interval: '10s' }),
    ];
    const world = aWorld({ spec: { metrics }, answers: { errors: [good, good, bad] } });

    await world.pass(15_000);
    expect(world.status()).toMatchObject({
      phase: 'Running',
      message: expect.stringContaining('misconfigured: metric "typo": successCondition'),
    });
    expect(world.asked.every(({ metric }) => metric.name === 'errors')).toBe(true);

    await world.pass(20_000);
    expect(world.status()).toMatchObject({ phase: 'Failed', message: expect.stringContaining('Metric "errors"') });
  });

  test.each([
    [
      'an unknown argument',
      { metrics: [aMetric({ successCondition: 'result[0] < {{args.limit}}' })] },
      '{{args.limit}} is not known',
    ],
    [
      'a provider that is not built yet',
      { metrics: [aMetric({ provider: { datadog: { query: 'x' } } })] },
      'not supported yet: provider.datadog',
    ],
    [
      'two providers',
      { metrics: [aMetric({ provider: { prometheus: {}, web: { url: 'http://x' } } })] },
      'provider sets prometheus and web',
    ],
    ['count without interval', { metrics: [aMetric({ count: 3 })] }, 'interval is missing'],
    ['no metric', { metrics: [] }, 'spec.metrics is empty'],
    ['two of one name', { metrics: [aMetric(), aMetric()] }, 'two metrics with the name "error-rate"'],
    ['an argument without value', { metrics: [aMetric()], args: [{ name: 'a' }] }, 'the argument a has no value'],
    ['a dry run of nothing', { metrics: [aMetric()], dryRun: [{ metricName: 'foo' }] }, 'matches no metric'],
  ])('%s is said in one sentence and held', async (_, spec, why) => {
    const world = aWorld({ spec });

    await world.pass(120_000);

    expect(world.status()).toMatchObject({
      phase: 'Running',
      message: expect.stringMatching(/^misconfigured: /),
      waiting: { reason: 'Misconfigured' },
    });
    expect(world.status().message).toContain(why);
    expect(world.asked).toEqual([]);
    expect(world.writes.length).toBeLessThan(4);
    expect(world.events.map(({ reason }) => reason)).toEqual(['Misconfigured']);
  });

  test('terminate ends it; without evidence that is no success', async () => {
    const world = aWorld({ spec: { metrics: [aMetric({ interval: '10s' })] }, answers: [down] });
    await world.pass(12_000);

    world.edit((run) => ({ ...run, spec: { ...run.spec, terminate: true } }));
    await world.pass(1000);

    expect(world.status()).toMatchObject({
      phase: 'Inconclusive',
      message: expect.stringContaining('terminated without evidence'),
    });
  });

  test('terminate after successes is success', async () => {
    const world = aWorld({ spec: { metrics: [aMetric({ interval: '10s' })] } });
    await world.pass(12_000);

    world.edit((run) => ({ ...run, spec: { ...run.spec, terminate: true } }));
    await world.pass(60_000);

    expect(world.status()).toMatchObject({ phase: 'Successful', message: 'Run Terminated' });
    expect(world.asked).toHaveLength(2);
  });

  test('readings of one batch become one write', async () => {
    const metrics = ['a', 'b', 'c', 'd'].map((name) => aMetric({ name, interval: '10s' }));
    const world = aWorld({ spec: { metrics } });

    await world.pass(35_000);

    expect(world.asked).toHaveLength(16);
    expect(world.writes.length).toBeLessThanOrEqual(5);
  });

  test('a backend that never answers delays nobody: the other metrics go on', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const world = aWorld({
      spec: { metrics: [aMetric({ name: 'stuck' }), aMetric({ name: 'quick', interval: '10s' })] },
      answers: { stuck: [never], quick: [good] },
    });

    await world.pass(35_000);

    expect(world.asked.filter(({ metric }) => metric.name === 'quick')).toHaveLength(4);
    expect(world.asked.filter(({ metric }) => metric.name === 'stuck')).toHaveLength(1);
    expect(world.status().phase).toBe('Running');
  });

  test('a backend that throws is held as unavailable, not as a crash', async () => {
    const world = aWorld({
      spec: { metrics: [aMetric()] },
      answers: [() => Promise.reject(new Error('boom s3cret')), good],
    });

    await world.pass(1000);
    expect(world.status()).toMatchObject({
      phase: 'Running',
      message: expect.stringContaining('failed inside the controller'),
    });
    expect(JSON.stringify(world.status())).not.toContain('s3cret');

    await world.pass(10_000);
    expect(world.status().phase).toBe('Successful');
  });
});

describe('restarts and races', () => {
  test('a restart neither repeats nor skips a measurement', async () => {
    const world = aWorld({ spec: { metrics: [aMetric(often)] } });
    await world.pass(14_000);

    world.restart();
    await world.pass(60_000);

    expect(world.asked.map(({ at }) => Math.round((at - Date.UTC(2026, 0, 1)) / 1000))).toEqual([0, 10, 20]);
    expect(world.status()).toMatchObject({ phase: 'Successful', metricResults: [{ count: 3 }] });
  });

  test('a restart keeps the back-off', async () => {
    const world = aWorld({ spec: { metrics: [aMetric()] }, answers: [down] });
    await world.pass(36_000);
    const asked = world.asked.length;

    world.restart();
    await world.pass(30_000);

    expect(world.asked).toHaveLength(asked);
  });

  test('a slow cache does not make it measure twice', async () => {
    const world = aWorld({ spec: { metrics: [aMetric(often)] } });
    await world.pass(1000);

    world.lag();
    await world.pass(11_000);
    world.catchUp();
    await world.pass(60_000);

    expect(world.asked).toHaveLength(3);
    expect(world.status()).toMatchObject({ phase: 'Successful', metricResults: [{ count: 3 }] });
  });

  test.each([
    ['a conflict', { kind: 'conflict', message: 'stale' } as const],
    ['a busy server', { kind: 'busy', retryAfterMs: 700 } as const],
    ['a lost answer', { kind: 'unknown', cause: new Error('reset') } as const],
    ['a missing right', { kind: 'forbidden', message: 'no', right: 'patch analysisruns/status' } as const],
  ])('%s loses no reading', async (_, failure) => {
    const world = aWorld({ spec: { metrics: [aMetric()] }, answers: [bad] });
    await world.pass(0);
    world.restart();

    world.failWrites(failure, 2);
    await world.pass(20_000);

    expect(world.status().phase).toBe('Failed');
    expect(world.asked.length).toBeLessThanOrEqual(2);
  });

  test('a run that is deleted in the middle is forgotten', async () => {
    const world = aWorld({
      spec: { metrics: [aMetric({ interval: '10s' })], ttlStrategy: { secondsAfterCompletion: 5 } },
      answers: [good, bad],
    });

    await world.pass(12_000);
    expect(world.status().phase).toBe('Failed');

    await world.pass(10_000);
    expect(world.run()).toBeUndefined();
  });

  test('a finished run is left alone', async () => {
    const world = aWorld({ spec: { metrics: [aMetric()] } });
    await world.pass(1000);
    const writes = world.writes.length;

    world.restart();
    world.edit((run) => ({ ...run, metadata: { ...run.metadata, labels: { a: 'b' } } }));
    await world.pass(60_000);

    expect(world.writes).toHaveLength(writes);
    expect(world.asked).toHaveLength(1);
  });
});

describe('a run in argoproj.io', () => {
  const argo = { dialect: argoDialect, statusSubresource: false };

  test('writes only fields that Argo knows, without a subresource', async () => {
    const world = aWorld({ ...argo, spec: { metrics: [aMetric(often)] } });

    await world.pass(60_000);

    expect(world.status()).toMatchObject({ phase: 'Successful' });
    expect(JSON.stringify(world.writes)).not.toMatch(/waiting|observedGeneration|lastReading/);
    expect(world.writes.every(({ options }) => options.subresource === undefined)).toBe(true);
  });

  test('the fifth error in a row ends it, ten seconds apart', async () => {
    const world = aWorld({ ...argo, spec: { metrics: [aMetric({ interval: '5m' })] }, answers: [down] });

    await world.pass(120_000);

    expect(world.asked.map(({ at }) => Math.round((at - Date.UTC(2026, 0, 1)) / 1000))).toEqual([0, 10, 20, 30, 40]);
    expect(world.status()).toMatchObject({
      phase: 'Error',
      message:
        'Metric "error-rate" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: Prometheus did not answer"',
    });
  });

  test('a spec that can not be read ends it', async () => {
    const world = aWorld({ ...argo, spec: { metrics: [aMetric({ count: 3 })] } });

    await world.pass(1000);

    expect(world.status()).toMatchObject({
      phase: 'Error',
      message: expect.stringMatching(/^Analysis spec invalid: metric "error-rate": interval/),
    });
  });

  test('NaN fails a success condition, as it does there', async () => {
    const world = aWorld({
      ...argo,
      spec: { metrics: [aMetric()] },
      answers: [{ kind: 'value', value: [Number.NaN], text: '[NaN]' }],
    });

    await world.pass(1000);

    expect(world.status().phase).toBe('Failed');
  });
});

describe('Secrets', () => {
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'backend', key: 'token' } } }];
  const metric = aMetric({
    provider: { web: { url: 'http://x/', headers: [{ key: 'Authorization', value: 'Bearer {{args.token}}' }] } },
    successCondition: 'result == "fine"',
  });
  const echo = { kind: 'value' as const, value: 'got s3cr3t-token', text: 'got s3cr3t-token' };

  test('are read at each measurement, put in, and shown nowhere [AnalysisTemplate.spec.args[].valueFrom.secretKeyRef.name, AnalysisTemplate.spec.args[].valueFrom.secretKeyRef.key]', async () => {
    const world = aWorld({
      spec: { metrics: [metric], args },
      secrets: { backend: { token: 's3cr3t-token' } },
      answers: [echo],
    });

    await world.pass(1000);

    expect(world.asked[0]?.metric.provider.web?.headers).toEqual([
      { key: 'Authorization', value: 'Bearer s3cr3t-token' },
    ]);
    expect(world.status().metricResults?.[0]?.measurements).toMatchObject([{ phase: 'Failed', value: 'got *****' }]);
    expect(JSON.stringify([world.run(), world.writes, world.events])).not.toContain('s3cr3t');
  });

  test('stay hidden in the error of a condition and of a backend', async () => {
    const failing = { ...metric, successCondition: 'result.x["{{args.token}}"] == {{args.token}}' };
    const refusing = { kind: 'misconfigured' as const, why: `no such user: s3cr3t-token (${btoa('u:s3cr3t-token')})` };
    const authentication = { basicAuth: { username: 'u', password: '{{args.token}}' } };
    const basic = aMetric({ name: 'basic', provider: { web: { url: 'http://x', authentication } } });
    const world = aWorld({
      spec: { metrics: [failing, basic], args },
      secrets: { backend: { token: 's3cr3t-token' } },
      answers: { 'error-rate': [echo], basic: [refusing] },
    });

    await world.pass(20_000);

    expect(world.status().message).toContain('*****');
    expect(JSON.stringify([world.run(), world.writes, world.events])).not.toMatch(/s3cr3t|dTpzM2NyM3Q/);
  });

  test.each([
    [
      'a Secret that is not there',
      {},
      'argument token: Secret shop/backend does not exist: create it with the key token',
    ],
    [
      'a key that is not there',
      { backend: { other: 'x' } },
      'argument token: Secret shop/backend has no key token, its keys are: other; add it or correct the name',
    ],
  ])('%s is held and named', async (_, secrets, why) => {
    const world = aWorld({ spec: { metrics: [metric], args }, secrets });

    await world.pass(1000);

    expect(world.status()).toMatchObject({ phase: 'Running', message: `misconfigured: metric "error-rate": ${why}` });
    expect(world.asked).toEqual([]);
  });
});

test.each<readonly [string, Partial<WorldGiven>, string]>([
  [
    'an account that is not there',
    { token: { kind: 'not-found', message: 'serviceaccounts "tidegate-deployer" not found' } },
    'Secret shop/backend is read with the rights of ServiceAccount shop/tidegate-deployer, which does not exist: create this account and grant it the right get secrets in namespace shop',
  ],
  [
    'an account for which the controller may make no tokens',
    { token: { kind: 'forbidden', message: 'no', right: 'create serviceaccounts/token' } },
    'Secret shop/backend is read with the rights of ServiceAccount shop/tidegate-deployer, for which the controller may make no tokens: grant the controller the right create serviceaccounts/token for this name',
  ],
  [
    'an account that may not read the Secret',
    { secretRead: { kind: 'forbidden', message: 'no', right: 'get secrets in namespace shop' } },
    'Secret shop/backend may not be read by ServiceAccount shop/tidegate-deployer, with whose rights it is read: grant this account the right get secrets in namespace shop',
  ],
])('%s holds the run, and the sentence names account, right and Secret', async (_, answers, why) => {
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'backend', key: 'token' } } }];
  const metric = aMetric({ provider: { web: { url: 'http://x/{{args.token}}' } } });
  const world = aWorld({ spec: { metrics: [metric], args }, ...answers });

  await world.pass(1000);

  expect(world.status()).toMatchObject({
    phase: 'Running',
    message: `misconfigured: metric "error-rate": argument token: ${why}`,
  });
  expect(world.asked).toEqual([]);
});

test('a token that the server no longer accepts is no verdict: the measurement waits', async () => {
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'backend', key: 'token' } } }];
  const metric = aMetric({ provider: { web: { url: 'http://x/{{args.token}}' } } });
  const right = 'authenticate: the credentials were not accepted';
  const world = aWorld({ spec: { metrics: [metric], args }, secretRead: { kind: 'forbidden', message: 'no', right } });

  await world.pass(1000);

  expect(world.status()).toMatchObject({
    phase: 'Running',
    message: expect.stringContaining('Secret shop/backend could not be read for now'),
  });
  expect(world.status().waiting?.reason).toBe('BackendUnavailable');
});

test('a key of a run that is gone is done', async () => {
  const world = aWorld({ spec: { metrics: [aMetric()], ttlStrategy: { secondsAfterSuccess: 0 } } });

  await world.pass(5000);

  expect(world.run()).toBeUndefined();
  expect(world.results.at(-1)).toEqual({ kind: 'done' });
  expect(runKey).toBe('shop/web-abc-1');
});
