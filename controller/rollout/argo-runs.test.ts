import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../kube/api.ts';
import { isOfAttempt, stepOf } from './argo-runs.ts';

function run(name: string, attempt?: string): KubeObject {
  const annotations: Record<string, string> = attempt === undefined ? {} : { 'tidegate.io/attempt': attempt };
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata: { name, annotations } };
}

const named = { canary: { currentStepAnalysisRunStatus: { name: 'app-abc-2-2', status: 'Running' as const } } };

describe('runs of Argo Rollouts', () => {
  test('count while they are open, or while status names them', () => {
    expect(isOfAttempt({}, run('app-abc-2-2'), true)).toBe(true);
    expect(isOfAttempt(named, run('app-abc-2-2'), false)).toBe(true);
  });

  test('that ended and that status does not name belong to an earlier try', () => {
    expect(isOfAttempt(named, run('app-abc-2-2.1'), false)).toBe(false);
  });

  test('count for nothing once this controller has tried again', () => {
    expect(isOfAttempt({ ...named, attempt: 2 }, run('app-abc-2-2'), true)).toBe(false);
  });

  test('runs of this controller count by their attempt alone', () => {
    expect(isOfAttempt(named, run('app-abc-2-2', '2'), true)).toBe(false);
    expect(isOfAttempt({ attempt: 2 }, run('app-abc-2-2', '2'), false)).toBe(true);
  });
});

describe('the step of an Experiment', () => {
  test('is read off the name where Argo gave it no label', () => {
    expect(stepOf(run('app-abc-2-1'), 'step-index', 'abc')).toBe('1');
    expect(stepOf(run('app-abc-12-3-1'), 'step-index', 'abc')).toBe('3');
    expect(stepOf(run('app-other-2-1'), 'step-index', 'abc')).toBeUndefined();
  });

  test('is the label where there is one, and none for one of ours without it', () => {
    const labelled = { ...run('app-abc-2-1'), metadata: { name: 'app-abc-2-1', labels: { 'step-index': '4' } } };

    expect(stepOf(labelled, 'step-index', 'abc')).toBe('4');
    expect(stepOf(run('app-abc-2-1', '1'), 'step-index', 'abc')).toBeUndefined();
  });
});
