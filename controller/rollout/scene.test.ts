import { expect, it } from 'vitest';
import { isPodOf } from './scene.ts';
import { aPod, aReplicaSet } from './testing/builders.ts';

it('a pod of the same hash is not one of a ReplicaSet of another Rollout', () => {
  const set = aReplicaSet('two');
  const owned = (uid: string) => {
    const pod = aPod('two');
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid, controller: true };
    return { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } };
  };

  expect([isPodOf(owned('uid-two'), set), isPodOf(owned('other'), set), isPodOf(aPod('two'), set)]).toEqual([
    true,
    false,
    true,
  ]);
  expect(isPodOf(aPod('one'), set)).toBe(false);
});
