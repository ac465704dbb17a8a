import { expect, it } from 'vitest';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { Store } from '../../kube/api.ts';
import { copyReverts, type GitRevertObject, revertCopies } from './revert-record.ts';
import { anObserved } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

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

it('calls a revert that says nothing yet pending', () => {
  const { status: _status, ...fresh } = aRevert('shop-1', 'web-2-two', 'Pushed', '2026-01-01T00:00:00Z');

  expect(revertCopies([aRun('web-2-two')], [fresh])).toMatchObject([{ revert: { name: 'shop-1', phase: 'Pending' } }]);
});

it('writes the phase into the record, and leaves a write that is refused to the next pass', async () => {
  const fake = fakeClient();
  const wrote: string[] = [];
  const reverts = { list: () => [aRevert('shop-1', 'web-2-two', 'Pushed', '2026-01-01T00:00:00Z')] };
  const copy = () =>
    copyReverts(
      fake.client,
      { ...anObserved(), runs: [aRun('web-2-two')] },
      reverts as unknown as Store<GitRevertObject>,
      (object) => wrote.push(object.metadata.name),
    );
  fake.answer = () => ({ kind: 'conflict', message: 'the object has been modified' });
  await copy();
  expect(wrote).toEqual([]);
  fake.answer = () => undefined;
  await copy();

  expect(wrote).toEqual(['web-2-two']);
  expect(fake.calls).toHaveLength(2);
  expect(fake.calls[1]).toMatchObject({
    verb: 'merge',
    kind: 'RolloutRun',
    name: 'web-2-two',
    body: { status: { revert: { name: 'shop-1', phase: 'Pushed', commit: 'abc' } } },
    options: { subresource: 'status' },
  });
});
