/** Going back to stable where less is known than usual: no verdict, no revision to go back to. */

import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import type { ReplicaSetView } from './observed.ts';
import { anObserved, aReplicaSet, aStatus, type ObservedGiven } from './testing/builders.ts';

const at = '2026-01-01T00:00:00Z';
const aborted = aStatus({ abort: true, abortedAt: at });
const aborting = { ...aborted, transition: { id: 'a', kind: 'abort', from: 'two', to: 'one', since: at } as const };
const alone = [aReplicaSet('one'), aReplicaSet('two', { replicas: 0, revision: 2 })];

function decided(status: typeof aborted, replicaSets: readonly ReplicaSetView[], given: ObservedGiven = {}) {
  return decide(anObserved({ rollout: { status, canary: { steps: [{ setWeight: 20 }] } }, replicaSets, ...given }));
}

describe('an abort that nobody gave a reason for, as Argo Rollouts records it', () => {
  it('is told by the revision alone when it is settled', () => {
    const { facts, status } = decided(aborting, alone);

    expect(facts).toMatchObject([{ reason: 'RolloutAborted', message: 'Aborted the update to revision two' }]);
    expect(status.transition).toBeUndefined();
  });

  it('is what an aborted Rollout waits with', () => {
    expect(decided(aborted, alone).waiting).toMatchObject({
      reason: 'Aborted',
      on: 'user',
      moves: 'Revision two failed: change the template (in Git), or retry it by command.',
    });
  });
});

describe('without the stable ReplicaSet', () => {
  const lost = [aReplicaSet('two', { replicas: 2, revision: 2 })];

  it.each([
    ['an abort', aborting],
    ['an aborted Rollout', aborted],
  ])('%s keeps all pods and says what to do', (_what, status) => {
    const { effects, waiting } = decided(status, lost);

    expect(effects).toEqual([]);
    expect(waiting).toMatchObject({ reason: 'StableMissing', on: 'ReplicaSet/web-one' });
    expect(waiting?.moves).toContain('release a working revision');
  });

  it('an aborted Rollout with a router does, too', () => {
    expect(decided(aborted, lost, { weight: 0 }).waiting?.reason).toBe('StableMissing');
  });
});
