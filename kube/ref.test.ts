/** Names and references of objects. */

import { describe, expect, it } from 'vitest';
import {
  apiVersionOf,
  controllerOf,
  describeKey,
  groupOf,
  keyOf,
  queueKey,
  refOf,
  splitQueueKey,
  versionOf,
} from './ref.ts';

const object = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7' },
};

describe('references', () => {
  it('splits and joins apiVersions, the core group too', () => {
    expect([groupOf('v1'), versionOf('v1'), apiVersionOf('', 'v1')]).toEqual(['', 'v1', 'v1']);
    expect([groupOf('apps/v1'), versionOf('apps/v1'), apiVersionOf('apps', 'v1')]).toEqual(['apps', 'v1', 'apps/v1']);
  });

  it('makes keys, references and owner references', () => {
    const key = { group: 'apps', kind: 'ReplicaSet', namespace: 'shop', name: 'web' };

    expect(keyOf(object)).toEqual(key);
    expect(refOf(object)).toEqual({ ...key, uid: 'u', resourceVersion: '7' });
    expect(controllerOf(object)).toMatchObject({ apiVersion: 'apps/v1', uid: 'u', controller: true });
    expect(describeKey(key)).toBe('ReplicaSet shop/web');
    expect(() => refOf({ ...object, metadata: { name: 'new' } })).toThrow('was not read from the API server');
  });

  it('turns queue keys back', () => {
    expect(splitQueueKey(queueKey({ namespace: 'shop', name: 'web' }))).toEqual({ namespace: 'shop', name: 'web' });
    expect(splitQueueKey(queueKey({ namespace: '', name: 'n1' }))).toEqual({ namespace: '', name: 'n1' });
  });
});
