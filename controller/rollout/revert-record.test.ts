import { expect, it } from 'vitest';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import { revertCopies } from './revert-record.ts';

function aRun(name: string, revert?: NonNullable<RolloutRun['status']>['revert']): RolloutRun {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name },
    spec: { rollout: { name: 'web', uid: 'u' }, revision: 2, podHash: 'two', attempt: 1 },
    ...(revert === undefined ? {} : { status: { revert } }),
  };
}

function aRevert(name: string, runName: string, phase: 'Pushed' | 'Computed', createdAt: string): GitRevert {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitRevert',
    metadata: { name, creationTimestamp: createdAt },
    spec: { runName } as GitRevert['spec'],
    status: { phase, commit: 'abc' },
  };
}

it('gives each record the phase of its newest revert, and nothing when it has it', () => {
  const reverts = [
    aRevert('shop-2', 'web-2-two', 'Pushed', '2026-01-02T00:00:00Z'),
    aRevert('shop-1', 'web-2-two', 'Computed', '2026-01-01T00:00:00Z'),
    aRevert('other', 'api-2-two', 'Pushed', '2026-01-03T00:00:00Z'),
  ];
  const copies = revertCopies([aRun('web-2-two'), aRun('web-1-one')], reverts);

  expect(copies.map((one) => one.revert)).toEqual([{ name: 'shop-2', phase: 'Pushed', commit: 'abc' }]);
  expect(revertCopies([aRun('web-2-two', copies[0]?.revert)], reverts)).toEqual([]);
  expect(
    revertCopies([aRun('web-2-two', { commit: 'abc', name: 'shop-2', phase: 'Pushed' })], reverts),
    'as the API server gives it back, with sorted keys',
  ).toEqual([]);
});
