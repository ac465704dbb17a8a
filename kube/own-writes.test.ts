/** A reconcile must not decide on a cache that lags behind its own writes. */

import { describe, expect, it } from 'vitest';
import type { KubeObject } from './api.ts';
import { fakeClock } from './fake-clock.ts';
import { ownWrites } from './own-writes.ts';

const replicaSet = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, namespace: 'shop', resourceVersion },
});

describe('own writes', () => {
  it('waits until the cache has come as far as the newest write', () => {
    const writes = ownWrites(fakeClock());
    writes.wrote('rollout-uid', replicaSet('web-1', '120'));
    writes.wrote('rollout-uid', replicaSet('web-2', '99'));

    expect(writes.ready('rollout-uid', () => undefined).kind).toBe('wait');
    expect(writes.ready('rollout-uid', () => '119')).toMatchObject({ kind: 'wait', on: 'ReplicaSet 120' });
    expect(writes.ready('rollout-uid', () => '1000')).toEqual({ kind: 'ready' });
    expect(writes.ready('rollout-uid', () => '1')).toEqual({ kind: 'ready' });
  });

  it('looks at each kind by itself and at no other owner', () => {
    const writes = ownWrites(fakeClock());
    writes.wrote('one', replicaSet('web', '120'));
    writes.wrote('one', { ...replicaSet('web', '500'), kind: 'Rollout', apiVersion: 'tidegate.io/v1alpha1' });

    expect(writes.ready('one', (kind) => (kind.kind === 'ReplicaSet' ? '120' : '499')).kind).toBe('wait');
    expect(writes.ready('two', () => undefined)).toEqual({ kind: 'ready' });
  });

  it('asks for a live read when a cache lags too long', async () => {
    const clock = fakeClock();
    const writes = ownWrites(clock, 5_000);
    writes.wrote('one', replicaSet('web', '120'));
    await clock.advance(5_000);
    const late = writes.ready('one', () => '119');
    writes.forget('one');

    expect(late).toEqual({
      kind: 'read-live',
      objects: [{ group: 'apps', kind: 'ReplicaSet', namespace: 'shop', name: 'web' }],
    });
    expect(writes.ready('one', () => '119')).toEqual({ kind: 'ready' });
  });
});
