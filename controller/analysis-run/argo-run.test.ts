/** AnalysisRuns under Argo Rollouts' rules, seen by their status: counts and limits, arguments, dry runs, retention, ends. */

import { describe, expect, it } from 'vitest';
import type { AnalysisRunSpec } from '../../crds/schema/analysis-run.ts';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { Reading } from '../../analysis/provider.ts';
import { aMetric, aWorld, bad, down, good, type WorldGiven } from './testing/world.ts';

const argo = (spec: AnalysisRunSpec, more: Partial<WorldGiven> = {}) =>
  aWorld({ spec, dialect: argoDialect, statusSubresource: false, ...more });
const seconds = (world: ReturnType<typeof argo>) =>
  world.asked.map(({ at }) => Math.round((at - Date.UTC(2026, 0, 1)) / 1000));
const value = (one: number): Reading => ({ kind: 'value', value: [one], text: `[${one}]` });
const between = aMetric({ successCondition: 'result[0] < 1', failureCondition: 'result[0] > 2', interval: '10s' });

describe('how often a metric is measured', () => {
  it('is told by count, interval and initialDelay [AnalysisTemplate.spec.metrics[].count, AnalysisTemplate.spec.metrics[].interval, AnalysisTemplate.spec.metrics[].initialDelay, AnalysisRun.status.metricResults[].count, AnalysisRun.status.metricResults[].name]', async () => {
    const world = argo({ metrics: [aMetric({ count: 3, interval: '20s', initialDelay: '1m' })] });
    await world.pass(300_000);

    expect(seconds(world)).toEqual([60, 80, 100]);
    expect(world.status().metricResults).toMatchObject([{ name: 'error-rate', count: 3, phase: 'Successful' }]);
  });

  it('may stand in arguments [AnalysisTemplate.spec.args[].name, AnalysisTemplate.spec.args[].value, AnalysisTemplate.spec.args[].valueFrom.fieldRef.fieldPath]', async () => {
    const metrics = [
      aMetric({
        count: '{{args.count}}',
        interval: '{{ args.every }}',
        provider: { web: { url: 'http://{{args.who}}' } },
      }),
    ];
    const args = [
      { name: 'count', value: '2' },
      { name: 'every', value: '30s' },
      { name: 'who', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ];
    const world = argo({ metrics, args });
    await world.pass(300_000);

    expect(seconds(world)).toEqual([0, 30]);
    expect(world.asked[0]?.metric.provider.web?.url).toBe('http://web-abc-1');
  });
});

describe('what decides', () => {
  it('more failures than the limit [AnalysisTemplate.spec.metrics[].failureLimit, AnalysisTemplate.spec.metrics[].successCondition, AnalysisRun.status.metricResults[].failed, AnalysisRun.status.metricResults[].successful, event:MetricFailed]', async () => {
    const world = argo(
      { metrics: [aMetric({ interval: '10s', failureLimit: 1 })] },
      { answers: [bad, good, bad, good] },
    );
    await world.pass(100_000);

    expect(world.status().metricResults).toMatchObject([{ failed: 2, successful: 1, count: 3, phase: 'Failed' }]);
    expect(world.events.map(({ reason }) => reason)).toEqual(['MetricFailed', 'AnalysisRunFailed']);
  });

  it('nothing with an unlimited number of failures, until enough successes in a row [AnalysisTemplate.spec.metrics[].consecutiveSuccessLimit, AnalysisRun.status.metricResults[].consecutiveSuccess, event:MetricSuccessful, event:AnalysisRunSuccessful]', async () => {
    const metric = aMetric({ interval: '10s', failureLimit: -1, consecutiveSuccessLimit: 2 });
    const world = argo({ metrics: [metric] }, { answers: [bad, good, bad, bad, good, good] });
    await world.pass(200_000);

    expect(world.status()).toMatchObject({
      phase: 'Successful',
      metricResults: [{ failed: 3, successful: 3, consecutiveSuccess: 2 }],
    });
    expect(world.events.map(({ reason }) => reason)).toEqual(['MetricSuccessful', 'AnalysisRunSuccessful']);
  });

  it('neither condition: inconclusive beyond its limit [AnalysisTemplate.spec.metrics[].failureCondition, AnalysisTemplate.spec.metrics[].inconclusiveLimit, AnalysisRun.status.metricResults[].inconclusive, event:MetricInconclusive, event:AnalysisRunInconclusive]', async () => {
    const world = argo(
      { metrics: [{ ...between, inconclusiveLimit: 1 }] },
      { answers: [value(0), value(1.5), value(1.7)] },
    );
    await world.pass(200_000);

    expect(world.status()).toMatchObject({
      phase: 'Inconclusive',
      metricResults: [{ inconclusive: 2, successful: 1 }],
    });
    expect(world.events.map(({ reason }) => reason)).toEqual(['MetricInconclusive', 'AnalysisRunInconclusive']);
  });

  it('more errors in a row than the limit, ten seconds apart [AnalysisTemplate.spec.metrics[].consecutiveErrorLimit, AnalysisRun.status.metricResults[].consecutiveError, AnalysisRun.status.metricResults[].error, event:MetricError, event:AnalysisRunError]', async () => {
    const world = argo({ metrics: [aMetric({ interval: '5m', consecutiveErrorLimit: 1 })] }, { answers: [down] });
    await world.pass(200_000);

    expect(seconds(world)).toEqual([0, 10]);
    expect(world.status().metricResults).toMatchObject([{ error: 2, consecutiveError: 2, phase: 'Error' }]);
    expect(world.events.map(({ reason }) => reason)).toEqual(['MetricError', 'AnalysisRunError']);
  });

  it('no condition: any answer is success [AnalysisRun.status.metricResults[].phase]', async () => {
    const world = argo({ metrics: [{ name: 'm', provider: { prometheus: { query: 'up' } } }] }, { answers: [bad] });
    await world.pass(1000);

    expect(world.status()).toMatchObject({ phase: 'Successful', metricResults: [{ phase: 'Successful' }] });
  });
});

describe('what status shows', () => {
  it('of the run [AnalysisRun.status.phase, AnalysisRun.status.message, AnalysisRun.status.startedAt, AnalysisRun.status.completedAt, AnalysisRun.status.runSummary]', async () => {
    const world = argo(
      { metrics: [aMetric(), aMetric({ name: 'other' })] },
      { answers: { 'error-rate': [bad], other: [good] } },
    );
    await world.pass(1000);

    expect(world.status()).toMatchObject({
      phase: 'Failed',
      message: 'Metric "error-rate" assessed Failed due to failed (1) > failureLimit (0)',
      startedAt: '2026-01-01T00:00:00Z',
      completedAt: '2026-01-01T00:00:00Z',
      runSummary: { count: 2, failed: 1, successful: 1 },
    });
  });

  it('of a measurement [AnalysisRun.status.metricResults[].measurements[].phase, AnalysisRun.status.metricResults[].measurements[].value, AnalysisRun.status.metricResults[].measurements[].startedAt, AnalysisRun.status.metricResults[].measurements[].finishedAt, AnalysisRun.status.metricResults[].measurements[].metadata]', async () => {
    const doubtful: Reading = { kind: 'value', value: [0], text: '[0]', warnings: ['partial'] };
    const world = argo({ metrics: [aMetric()] }, { answers: [doubtful] });
    await world.pass(1000);

    expect(world.status().metricResults?.[0]?.measurements).toEqual([
      {
        phase: 'Successful',
        value: '[0]',
        startedAt: '2026-01-01T00:00:00Z',
        finishedAt: '2026-01-01T00:00:00Z',
        metadata: { warnings: '["partial"]' },
      },
    ]);
  });

  it('of an error, in result and measurement [AnalysisRun.status.metricResults[].message, AnalysisRun.status.metricResults[].measurements[].message]', async () => {
    const world = argo({ metrics: [aMetric({ interval: '10s' })] }, { answers: [down] });
    await world.pass(1000);

    expect(world.status().metricResults?.[0]).toMatchObject({
      message: 'Prometheus did not answer',
      measurements: [{ phase: 'Error', message: 'Prometheus did not answer' }],
    });
  });

  it('of one under way, which goes on after a restart where it was [AnalysisRun.status.metricResults[].measurements[].resumeAt]', async () => {
    const under: Reading = { kind: 'running', resume: { id: '7' }, lookAgainAt: Date.UTC(2026, 0, 1, 0, 1) };
    const world = argo({ metrics: [aMetric()] }, { answers: [under, good] });
    await world.pass(30_000);
    expect(world.status().metricResults?.[0]?.measurements).toMatchObject([
      { phase: 'Running', metadata: { id: '7' }, resumeAt: '2026-01-01T00:01:00Z' },
    ]);
    world.restart();
    await world.pass(60_000);

    expect(seconds(world)).toEqual([0, 60]);
    expect(world.status().metricResults?.[0]?.measurements).toMatchObject([
      {
        phase: 'Successful',
        startedAt: '2026-01-01T00:00:00Z',
        finishedAt: '2026-01-01T00:01:00Z',
        metadata: { id: '7' },
      },
    ]);
  });

  it('of dry runs, named by regular expression, beside what decides [AnalysisTemplate.spec.dryRun[].metricName, AnalysisRun.status.dryRunSummary, AnalysisRun.status.metricResults[].dryRun]', async () => {
    const metrics = [aMetric(), aMetric({ name: 'try-a' }), aMetric({ name: 'try-b' })];
    const answers = { 'error-rate': [good], 'try-a': [bad], 'try-b': [good] };
    const world = argo({ metrics, dryRun: [{ metricName: 'try-.*' }] }, { answers });
    await world.pass(5000);

    expect(world.status()).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 1, successful: 1 },
      dryRunSummary: { count: 2, successful: 1, failed: 1 },
    });
    expect(world.status().metricResults?.map(({ name, dryRun }) => [name, dryRun])).toEqual([
      ['error-rate', undefined],
      ['try-a', true],
      ['try-b', true],
    ]);
  });

  it('keeps ten measurements, or as many as asked for [AnalysisTemplate.spec.measurementRetention[].metricName, AnalysisTemplate.spec.measurementRetention[].limit]', async () => {
    const metrics = [aMetric({ interval: '1s', count: 30 }), aMetric({ name: 'kept', interval: '1s', count: 30 })];
    const world = argo({ metrics, measurementRetention: [{ metricName: 'ke.*', limit: 20 }] });
    await world.pass(60_000);

    expect(world.status().metricResults?.map(({ count, measurements }) => [count, measurements?.length])).toEqual([
      [30, 10],
      [30, 20],
    ]);
  });
});

describe('the end of a run', () => {
  it('comes at once when it is terminated; a measurement under way is inconclusive [AnalysisRun.spec.terminate]', async () => {
    const under: Reading = { kind: 'running', resume: { id: '7' } };
    const world = argo({ metrics: [aMetric()] }, { answers: [under] });
    await world.pass(20_000);
    const writes = world.writes.length;
    await world.pass(60_000);
    expect(world.writes).toHaveLength(writes);

    world.edit((run) => ({ ...run, spec: { ...run.spec, terminate: true } }));
    await world.pass(1000);

    expect(world.status()).toMatchObject({
      phase: 'Inconclusive',
      metricResults: [
        { phase: 'Inconclusive', inconclusive: 1, measurements: [{ phase: 'Inconclusive', metadata: { id: '7' } }] },
      ],
    });
  });

  it.each([
    ['any end', { secondsAfterCompletion: 60 }, good],
    ['success', { secondsAfterCompletion: 9999, secondsAfterSuccess: 60 }, good],
    ['failure', { secondsAfterCompletion: 9999, secondsAfterFailure: 60 }, bad],
  ])(
    '%s deletes it some time later [AnalysisRun.spec.ttlStrategy.secondsAfterCompletion, AnalysisRun.spec.ttlStrategy.secondsAfterSuccess, AnalysisRun.spec.ttlStrategy.secondsAfterFailure]',
    async (_what, ttlStrategy, answer) => {
      const world = argo({ metrics: [aMetric()], ttlStrategy }, { answers: [answer] });
      await world.pass(50_000);
      expect(world.run()).toBeDefined();
      await world.pass(20_000);

      expect(world.run()).toBeUndefined();
    },
  );
});
