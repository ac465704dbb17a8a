/** What a new template, a new plan or a new preset means for the status. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import { decide } from './decide.ts';
import { newPlan } from './revision-change.ts';
import { aReplicaSet, anObserved, aStatus } from './testing/builders.ts';

function aRun(podHash: string, cause: string | undefined): RolloutRun {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name: `web-2-${podHash}`, namespace: 'shop' },
    spec: { rollout: { name: 'web', uid: 'rollout-uid' }, revision: 2, podHash, attempt: 1 },
    status: {
      phase: 'Aborted',
      finishedAt: '2026-01-01T00:00:00Z',
      outcome: { ...(cause === undefined ? {} : { cause }), message: '' },
    },
  };
}

describe('a template that failed before', () => {
  it.each([
    [
      'the cause that its last record tells',
      [aRun('two', 'CrashLoop'), aRun('two', 'ProgressDeadline')],
      'ProgressDeadline',
    ],
    ['the one before where the last tells none', [aRun('two', 'CrashLoop'), aRun('two', undefined)], 'CrashLoop'],
    ['no cause that there is not', [aRun('two', 'Weather'), aRun('three', 'CrashLoop')], 'AbortedByUser'],
  ])('is not released again, by %s', (_name, runs, cause) => {
    const status = aStatus({ currentPodHash: 'one', stableRS: 'one', failedPodHashes: ['two'] });
    const decision = decide(anObserved({ runs, rollout: { status } }));

    expect(decision.status).toMatchObject({
      currentPodHash: 'two',
      stableRS: 'one',
      verdict: { cause, podHash: 'two' },
    });
    expect(decision.effects).toEqual([]);
  });
});

describe('a plan', () => {
  it('of Argo Rollouts without a hash is no other plan: it begins to be known', () => {
    const observed = anObserved({ dialect: argoDialect });
    const change = newPlan(observed, aStatus({ currentStepHash: undefined, currentStepIndex: 1 }));

    expect(change).toMatchObject({ status: { currentStepHash: 'steps', currentStepIndex: 1, attempt: 1 }, facts: [] });
  });

  it('that is gone leaves no hash behind', () => {
    const change = newPlan(anObserved({ stepHash: '' }), aStatus({ stableRS: 'two' }));

    expect(change?.status.currentStepHash).toBeUndefined();
    expect(newPlan(anObserved({ stepHash: '' }), aStatus({ currentStepHash: undefined }))).toBeUndefined();
  });
});

it('a preset with the same steps is recorded before anything is done by it', () => {
  const preset = { name: 'careful', podHash: 'two', generation: 4, digest: 'd', strategy: {} };
  const decision = decide(anObserved({ preset, replicaSets: [aReplicaSet('one')], rollout: { status: aStatus() } }));

  expect(decision).toMatchObject({ phase: 'record', status: { preset, attempt: 1 }, effects: [] });
});
