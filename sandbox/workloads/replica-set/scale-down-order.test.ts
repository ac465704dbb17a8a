/** Who goes first when a ReplicaSet shrinks. */

import { describe, expect, it } from 'vitest';
import { aPod, now, type PodOptions } from '../../testing/pods.ts';
import { inScaleDownOrder } from './scale-down-order.ts';

const order = (...pods: readonly PodOptions[]): readonly string[] =>
  inScaleDownOrder(
    pods.map((pod) => aPod(pod)),
    now,
  ).map((pod) => pod.metadata.name);

describe('scale-down order', () => {
  it.each<[string, PodOptions, PodOptions]>([
    ['without a node', { node: '', readyForS: 50 }, { phase: 'Pending' }],
    ['pending', { phase: 'Pending' }, { phase: 'Unknown' }],
    ['unknown', { phase: 'Unknown' }, { phase: 'Running' }],
    ['not ready', {}, { readyForS: 50 }],
    ['cheaper', { readyForS: 5_000, cost: '-1' }, { readyForS: 1 }],
    ['ready for a shorter time', { readyForS: 10 }, { readyForS: 100 }],
    ['restarted more often', { restarts: 2 }, { restarts: 1 }],
    ['younger', { createdForS: 10 }, { createdForS: 100 }],
  ])('%s goes first', (_why, first, last) => {
    expect(order({ ...last, name: 'a' }, { ...first, name: 'b' })).toEqual(['b', 'a']);
  });

  it('decides by uid between ages of the same magnitude, whoever is older', () => {
    expect(order({ name: 'old', uid: '1', readyForS: 100 }, { name: 'new', uid: '2', readyForS: 90 })).toEqual([
      'old',
      'new',
    ]);
  });

  it('is the same for any order of the same pods', () => {
    const pods = [3, 1, 2].map((at) => ({ name: `p${at}`, readyForS: 50 }));

    expect(order(...pods)).toEqual(order(...pods.toReversed()));
  });
});
