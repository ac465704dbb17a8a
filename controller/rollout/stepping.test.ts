/** A gate that has not let a revision start, with what an earlier attempt or somebody else has left. */

import { describe, expect, it } from 'vitest';
import type { Gate } from '../../crds/schema/gates.ts';
import { noMoves } from './moves.ts';
import { sceneOf } from './scene.ts';
import { runStep } from './stepping.ts';
import { aReplicaSet, anObserved, aService, aStatus, type ObservedGiven } from './testing/builders.ts';

const gates: Gate[] = [{ name: 'ready', type: 'confirm-rollout', url: 'https://user.example/hook' }];

function held(given: ObservedGiven, drainUntil?: string) {
  const status = aStatus({ attempt: 2, gates: [{ name: 'ready', outcome: 'Waiting' }] as never, drainUntil });
  const rollout = { canary: { steps: [{ setWeight: 20 }] }, gates, status };
  const replicaSets = [aReplicaSet('one'), aReplicaSet('two', { replicas: 2, revision: 2 })];
  const observed = anObserved({
    weight: 40,
    replicaSets,
    canaryService: aService('web-canary', 'two', { two: 2 }),
    ...given,
    rollout,
  });
  return runStep(sceneOf(observed, status), { kind: 'none', moves: noMoves });
}

const weights = (moves: ReturnType<typeof held>) =>
  moves.effects.flatMap((one) => (one.kind === 'SetWeight' ? one.wanted.destinations.map(({ weight }) => weight) : []));

describe('a gate before the first step', () => {
  it('takes weight that is there back to stable', () => {
    expect(weights(held({}))).toEqual([100, 0]);
  });

  it('forgets a drain that belongs to an earlier weight before this one falls', () => {
    const moves = held({}, '2026-01-01T00:00:10Z');

    expect(moves.effects).toEqual([]);
    expect(moves.patch).toMatchObject({ drainUntil: undefined });
    expect(moves.patch).toHaveProperty('drainUntil');
  });

  it('gives the stable Service back to stable when it is on the new revision', () => {
    const moves = held({ stableService: aService('web-stable', 'two', { two: 2 }) });

    expect(moves.effects).toMatchObject([{ kind: 'SwitchService', target: { name: 'web-stable' }, podHash: 'one' }]);
  });
});
