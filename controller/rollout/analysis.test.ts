/** What a Rollout waits for while an AnalysisRun has no verdict, and what the verdict says of a failed one. */

import { describe, expect, it } from 'vitest';
import type { AnalysisRun, MetricResult } from '../../crds/schema/analysis-run.ts';
import { judgeRun, runBackground } from './analysis.ts';
import { decide } from './decide.ts';
import type { AnalysisRunView } from './observed.ts';
import { sceneOf } from './scene.ts';
import { anAnalysisRun, anObserved, aReplicaSet, aStatus, type RunGiven } from './testing/builders.ts';

const analysis = { templates: [{ templateName: 'errors' }] };
const place = { type: 'Step', step: 0, analysis } as const;
const replicaSets = [aReplicaSet('one'), aReplicaSet('two', { revision: 2 })];

function aRun(status: AnalysisRun['status'], given: RunGiven = {}, spec: object = {}): AnalysisRunView {
  const run = anAnalysisRun('web-two-2-0', { step: 0, ...given });
  return { ...run, spec: { ...run.spec, ...spec }, status } as AnalysisRunView;
}

function sceneWith(run: AnalysisRunView, canary: object = { steps: [{ analysis }] }) {
  return sceneOf(anObserved({ rollout: { canary }, analysisRuns: [run], replicaSets }), aStatus());
}

describe('a step that waits for its analysis', () => {
  it('says why the run has no verdict yet', () => {
    const waiting = {
      reason: 'BackendUnavailable',
      on: 'x',
      value: '503',
      limit: 'an answer',
      moves: 'When it answers.',
    };

    expect(judgeRun(sceneWith(aRun({ phase: 'Running', waiting })), place)).toMatchObject({
      kind: 'undecided',
      moves: { waiting: { ...waiting, on: 'AnalysisRun/web-two-2-0' } },
    });
  });

  it('says that it runs when the run itself says nothing, or nothing that is known', () => {
    const waiting = { reason: 'Moonphase', on: 'x', moves: 'At full moon.' };

    expect(judgeRun(sceneWith(aRun({ phase: 'Running' })), place)).toMatchObject({
      moves: { waiting: { reason: 'AnalysisRunning', moves: expect.stringContaining('is successful') as unknown } },
    });
    expect(judgeRun(sceneWith(aRun({ phase: 'Running', waiting })), place)).toMatchObject({
      moves: { waiting: { reason: 'AnalysisRunning' } },
    });
  });
});

it('the analysis beside the steps is started no more once it has passed, but again when somebody ended it', () => {
  const beside = { steps: [{ pause: {} }], analysis };
  const run = (spec: object) =>
    aRun({ phase: 'Successful', completedAt: '2025-12-31T23:59:59Z' }, { type: 'Background' }, spec);
  const background = (spec: object) => {
    const { step: _, ...given } = { step: 0, type: 'Background' as const };
    const named = { ...run(spec), metadata: { ...anAnalysisRun('web-two-2', given).metadata } };
    return runBackground(sceneWith(named, beside));
  };

  expect(background({})).toEqual({ effects: [], facts: [] });
  expect(background({ terminate: true }).waiting?.reason).toBe('NoEvidence');
});

describe('the verdict of a failed analysis', () => {
  const metrics = [{ name: 'errors', provider: { prometheus: { query: 'up' } }, failureCondition: 'result > 0.1' }];
  const verdictOf = (status: AnalysisRun['status'], spec: object = {}) =>
    decide(
      anObserved({
        rollout: { canary: { steps: [{ analysis }] }, status: aStatus() },
        analysisRuns: [aRun(status, {}, spec)],
        replicaSets,
      }),
    ).status.verdict;

  it('names run, metric, value and limit', () => {
    const result: MetricResult = {
      name: 'errors',
      phase: 'Failed',
      measurements: [
        { phase: 'Successful', value: '0' },
        { phase: 'Failed', value: '0.4' },
      ],
    };

    expect(verdictOf({ phase: 'Failed', metricResults: [result] }, { metrics })).toMatchObject({
      cause: 'AnalysisFailed',
      analysisRun: 'web-two-2-0',
      metric: 'errors',
      value: '0.4',
      limit: 'result > 0.1',
    });
  });

  it('names the run alone when that is all there is', () => {
    const verdict = verdictOf({ phase: 'Failed' });

    expect(verdict).toMatchObject({ cause: 'AnalysisFailed', analysisRun: 'web-two-2-0' });
    expect(Object.keys(verdict ?? {})).not.toContain('metric');
  });
});
