import { describe, expect, it } from 'vitest';
import { ownKeys } from '../../crds/schema/keys.ts';
import { keepAway } from './adopted-writes.ts';
import type { RolloutObject } from './observed.ts';
import { aReplicaSet, aRollout, aService } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const stamp = { [ownKeys.term]: 'a-leader' };
const rollout = (state?: string): RolloutObject =>
  aRollout({ annotations: { ...stamp, ...(state === undefined ? {} : { [ownKeys.adopting]: state }) } }) as never;
const family = (object: RolloutObject) => () => {
  const { view } = aService('web-stable', 'one');
  const stamped = { ...view, metadata: { ...view.metadata, annotations: stamp } };
  return [object, aReplicaSet('one', { annotations: stamp }), stamped, aService('web-canary', 'one').view];
};

describe('an adopted Rollout whose pods change hands', () => {
  it('is decided about when nobody asked to keep still', async () => {
    const fake = fakeClient();
    expect(await keepAway(fake.client, rollout(), family(rollout()))).toBeUndefined();
    expect(fake.calls).toEqual([]);
  });

  it('is left alone while it is held', async () => {
    const fake = fakeClient();
    expect(await keepAway(fake.client, rollout('held'), family(rollout('held')))).toEqual({ kind: 'done' });
    expect(fake.calls).toEqual([]);
  });

  it('takes the stamps of leaders off, and answers last', async () => {
    const fake = fakeClient();
    const asked = rollout('asked');
    expect(await keepAway(fake.client, asked, family(asked))).toEqual({ kind: 'done' });
    expect(fake.calls.map(({ kind, name, body }) => [kind, name, body])).toEqual([
      ['ReplicaSet', 'web-one', { metadata: { annotations: { [ownKeys.term]: null } } }],
      ['Service', 'web-stable', { metadata: { annotations: { [ownKeys.term]: null } } }],
      ['Rollout', 'web', { metadata: { annotations: { [ownKeys.adopting]: 'held' } } }],
    ]);
  });

  it('answers nothing while a stamp is still on', async () => {
    const fake = fakeClient();
    fake.answer = () => ({ kind: 'conflict', message: 'changed', reason: 'Conflict' });
    const asked = rollout('asked');
    expect(await keepAway(fake.client, asked, family(asked))).toMatchObject({ kind: 'retry' });
    expect(fake.calls).toHaveLength(1);
  });
});
