/** Garbage collection in virtual time. */

import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject, OwnerRef } from '../../../kube/api.ts';
import { startVirtualCluster, type VirtualCluster } from '../../testing/virtual-cluster.ts';

let cluster: VirtualCluster | undefined;
afterEach(() => cluster?.stop());

const namespace = 'default';

async function running(): Promise<VirtualCluster> {
  cluster = await startVirtualCluster();
  return cluster;
}

function owned(name: string, ...owners: readonly OwnerRef[]): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ownerReferences: owners } };
}

function refTo({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject, more: Partial<OwnerRef> = {}): OwnerRef {
  return { apiVersion, kind, name, uid, ...more };
}

async function left({ client, clock }: VirtualCluster): Promise<readonly string[]> {
  await clock.advance(1_000);
  const found = await client.list({ group: '', kind: 'ConfigMap' }, { namespace });
  return found.kind === 'ok' ? found.items.map((one) => one.metadata.name) : [];
}

const key = (name: string) => ({ group: '', kind: 'ConfigMap', namespace, name });

describe('garbage collection', () => {
  it('follows owners down a chain, and keeps what has another owner', async () => {
    const world = await running();
    const top = await world.create(owned('top'));
    const other = await world.create(owned('other'));
    const middle = await world.create(owned('middle', refTo(top)));
    await world.create(owned('bottom', refTo(middle)));
    await world.create(owned('shared', refTo(top), refTo(other)));
    expect(await left(world)).toHaveLength(5);

    await world.client.delete(key('top'), { propagation: 'Background' });

    expect(await left(world)).toEqual(['other', 'shared']);
  });

  it('goes from the bottom up in the foreground', async () => {
    const world = await running();
    const block = { blockOwnerDeletion: true };
    const top = await world.create(owned('top'));
    const middle = await world.create(owned('middle', refTo(top, block)));
    await world.create(owned('bottom', refTo(middle, block)));
    await left(world);
    const before = world.commits.length;

    await world.client.delete(key('top'), { propagation: 'Foreground' });

    expect(await left(world)).toEqual([]);
    const removed = world.commits.slice(before).filter((line) => / delete /.test(line));
    expect(removed.at(-1)).toContain('default/top');
  });

  it('collects what is made for an owner that never was, or is another by now', async () => {
    const world = await running();
    const owner = await world.create(owned('owner'));
    await world.create(owned('stranger', refTo(owner, { uid: '00000000-0000-4000-8000-000000000000' })));
    await world.create(owned('nobody', { ...refTo(owner), name: 'gone', uid: '00000000-0000-4000-8000-000000000001' }));

    expect(await left(world)).toEqual(['owner']);
  });

  it('ends two that own each other', async () => {
    const world = await running();
    const a = await world.create(owned('a'));
    const b = await world.create(owned('b', refTo(a, { blockOwnerDeletion: true })));
    const ownerReferences = [refTo(b, { blockOwnerDeletion: true })];
    await world.client.merge(key('a'), { metadata: { ownerReferences } }, {});
    await left(world);

    await world.client.delete(key('a'), { propagation: 'Foreground' });

    expect(await left(world)).toEqual([]);
  });
});
