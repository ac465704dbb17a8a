import { describe, expect, it } from 'vitest';
import type { RolloutCondition, RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { conditionsOf } from './conditions.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aReplicaSet, aStatus, type ObservedGiven } from './testing/builders.ts';

const at = '2025-12-31T23:59:00Z';
const times = { lastUpdateTime: at, lastTransitionTime: at };

function conditions(before: RolloutStatus, status: RolloutStatus = before, given: ObservedGiven = {}) {
  return conditionsOf(sceneOf(anObserved(given), status), before);
}

const find = (list: readonly RolloutCondition[], type: string) => list.find((one) => one.type === type);

describe('conditions', () => {
  it('repeat why pods can not be made, and only while that lasts', () => {
    const failure = 'exceeded quota: pods';
    const failing = { replicaSets: [aReplicaSet('one'), { ...aReplicaSet('two'), failure }] };

    expect(find(conditions(aStatus(), aStatus(), failing), 'ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'ReplicaSetCreateError',
      message: failure,
    });
    expect(find(conditions(aStatus()), 'ReplicaFailure')).toBeUndefined();
  });

  it('keep what Argo Rollouts said of the progress, message or not, as long as nothing moves', () => {
    const known: RolloutCondition = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', ...times };
    const before = aStatus({ conditions: [known] });

    expect(find(conditions(before), 'Progressing')).toEqual(known);
  });

  it('say progress again when pods were added', () => {
    const known: RolloutCondition = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', ...times };
    const before = aStatus({ conditions: [known], availableReplicas: 1 });
    const now = find(conditions(before, { ...before, availableReplicas: 2 }), 'Progressing');

    expect(now?.lastUpdateTime).not.toBe(at);
    expect(now?.message).toBe('ReplicaSet web-two is progressing');
  });

  it('count no pods as too few', () => {
    expect(find(conditions(aStatus()), 'Available')?.status).toBe('False');
    expect(find(conditions(aStatus({ availableReplicas: 5 })), 'Available')?.status).toBe('True');
  });
});
