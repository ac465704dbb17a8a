/** Corners that a rollout gets out of without a person. */

import { describe, expect, it } from 'vitest';
import { regainStableService, rescue } from './regain.ts';
import { sceneOf } from './scene.ts';
import { aReplicaSet, anObserved, aService, aStatus, type ObservedGiven } from './testing/builders.ts';

function sceneWith(given: ObservedGiven, status = aStatus()) {
  return sceneOf(anObserved({ ...given, rollout: { status } }), status);
}

describe('the stable Service on the pods of the revision that failed', () => {
  const taken = (canaryHash: string, available: number, weight = 40) =>
    regainStableService(
      sceneWith({
        weight,
        replicaSets: [aReplicaSet('one', { available }), aReplicaSet('two', { revision: 2 })],
        stableService: aService('web-stable', 'two', { two: 5 }),
        canaryService: aService('web-canary', canaryHash, { [canaryHash]: 5 }),
      }),
    );

  it('goes back when stable has the pods for the weight on it', () => {
    expect(taken('two', 3).effects).toMatchObject([{ kind: 'SwitchService', podHash: 'one' }]);
  });

  it('waits for them, with the weight on the canary Service where that is the same to users', () => {
    const moves = taken('two', 2);

    expect(moves.effects).toMatchObject([
      { kind: 'SetWeight', wanted: { destinations: [{ weight: 0 }, { weight: 100 }] } },
    ]);
    expect(moves.waiting).toMatchObject({ on: 'ReplicaSet/web-one', value: '2', limit: '3' });
  });

  it('waits for them and moves no weight onto a third revision', () => {
    expect(taken('three', 2)).toMatchObject({ effects: [], waiting: { on: 'ReplicaSet/web-one' } });
  });
});

describe('a third revision while neither of the others has a ready pod', () => {
  const since = '2026-01-01T00:00:00Z';
  const transition = { id: 's', kind: 'supersede' as const, since, from: 'two', to: 'three' };
  const status = aStatus({ currentPodHash: 'three', transition });
  const third = (replicas: number | undefined, available = replicas ?? 0) => {
    const sets = [aReplicaSet('one', { available: 0 }), aReplicaSet('two', { available: 0, revision: 2 })];
    const own = replicas === undefined ? [] : [aReplicaSet('three', { replicas, available, revision: 3 })];
    const services = { stableService: aService('web-stable', 'one'), canaryService: aService('web-canary', 'two') };
    return rescue(sceneWith({ weight: 40, podHash: 'three', replicaSets: [...sets, ...own], ...services }, status))
      .effects;
  };

  it('gets pods for the weight that stands, all it needs, and then the Service', () => {
    expect(third(undefined)).toMatchObject([{ kind: 'CreateReplicaSet', draft: { podHash: 'three', replicas: 2 } }]);
    expect(third(1)).toMatchObject([{ kind: 'Scale', podHash: 'three', to: 2 }]);
    expect(third(2, 1)).toEqual([]);
    expect(third(2)).toMatchObject([{ kind: 'SwitchService', target: { name: 'web-canary' }, podHash: 'three' }]);
  });
});
