/** What a store keeps, how it is found, and that nobody can change it. */

import { describe, expect, it } from 'vitest';
import { map } from '../testing/scripted-server.ts';
import { compareResourceVersions } from './resource-version.ts';
import { createStore, type RawObject } from './store.ts';

const raw = (name: string, version: number, metadata: object = {}): RawObject => {
  const object = map(name, version) as RawObject;
  return { ...object, metadata: { ...object.metadata, ...metadata } } as RawObject;
};

function aStore() {
  return createStore<RawObject>({
    project: (object) => object,
    indexes: { team: (object) => (object.metadata.labels?.team === undefined ? [] : [object.metadata.labels.team]) },
    freeze: true,
    onHandlerError: (error) => {
      throw error;
    },
  });
}

describe('store', () => {
  it('strips managedFields and the last-applied copy, and keeps the other annotations', () => {
    const store = aStore();
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' };
    store.replace('', [raw('a', 1, { annotations, managedFields: [{ manager: 'kubectl' }] })]);

    const metadata = store.get('shop', 'a')?.metadata;
    expect(metadata).not.toHaveProperty('managedFields');
    expect(metadata?.annotations).toEqual({ kept: 'yes' });
  });

  it('finds objects by owner and by named index, also after they change', () => {
    const store = aStore();
    const owner = { apiVersion: 'v1', kind: 'Rollout', name: 'web', uid: 'owner-1' };
    store.replace('', [raw('a', 1, { ownerReferences: [owner], labels: { team: 'blue' } }), raw('b', 2)]);
    expect(store.byOwner('owner-1').map((one) => one.metadata.name)).toEqual(['a']);
    expect(store.byIndex('team', 'blue')).toHaveLength(1);

    store.event('MODIFIED', raw('a', 3, { labels: { team: 'red' } }));
    expect(store.byOwner('owner-1')).toEqual([]);
    expect([store.byIndex('team', 'blue'), store.byIndex('team', 'red').length]).toEqual([[], 1]);

    store.event('DELETED', raw('a', 4));
    expect([store.byIndex('team', 'red'), store.size()]).toEqual([[], 1]);
  });

  it('refuses to be written into', () => {
    const store = aStore();
    store.replace('', [raw('a', 1)]);
    const object = store.get('shop', 'a') as unknown as { data: { value: string } };

    expect(() => {
      object.data.value = 'changed';
    }).toThrow('read only');
  });

  it('replaces only the namespace that was listed', () => {
    const store = aStore();
    store.replace('shop', [raw('a', 1)]);
    store.replace('bank', [raw('b', 2, { namespace: 'bank' })]);
    store.replace('shop', []);

    expect(store.list().map((one) => one.metadata.name)).toEqual(['b']);
  });

  it('goes on with the other objects when one cannot be projected', () => {
    const errors: unknown[] = [];
    const store = createStore<RawObject>({
      project: (object) => {
        if (object.metadata.name === 'odd') throw new Error('not what was expected');
        return object;
      },
      onHandlerError: (error) => errors.push(error),
    });
    store.replace('', [raw('odd', 1), raw('good', 2)]);
    store.event('MODIFIED', raw('odd', 3));

    expect(store.list().map((one) => one.metadata.name)).toEqual(['good']);
    expect(errors).toHaveLength(2);
  });

  it('ignores a deletion that is older than what it has, and tells each change once', () => {
    const store = aStore();
    const seen: string[] = [];
    const stop = store.onChange((change) => seen.push(`${change.kind} ${change.object.metadata.resourceVersion}`));
    store.replace('', [raw('a', 10)]);
    expect(store.event('DELETED', raw('a', 9))).toBe(false);
    store.event('MODIFIED', raw('a', 10));
    store.replace('', [raw('a', 10)]);
    stop();
    store.event('MODIFIED', raw('a', 11));

    expect(seen).toEqual(['added 10']);
  });
});

describe('order of resourceVersions', () => {
  it.each([
    ['9', '10', -1],
    ['10', '9', 1],
    ['9007199254740993', '9007199254740992', 1],
    ['7', '7', 0],
    ['abc', '7', 0],
    [undefined, '7', 0],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareResourceVersions(a, b))).toBe(sign);
  });
});
