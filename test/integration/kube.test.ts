/** The kube room against a real API server: reads, writes, preconditions, watches, tokens, and what it says when a right is missing. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiResult, KubeClient, KubeObject, ObjectKey } from '../../kube/api.ts';
import { watchKind, wholeObject } from '../../kube/cache/cache.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';

const missing = clusterMissing();

const configMap = (name: string, data: Record<string, string>): KubeObject & { data: Record<string, string> } => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const mapKey = (name: string): ObjectKey => ({ group: '', kind: 'ConfigMap', namespace: 'default', name });

function objectOf<T>(result: ApiResult<T>): T {
  if (result.kind !== 'ok')
    throw new Error(`expected ok, got ${JSON.stringify(result)} ${'cause' in result ? result.cause.message : ''}`);
  return result.object;
}

describe.skipIf(missing !== undefined)(`kube on a real API server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let admin: ApiTransport;
  let client: KubeClient;

  const connect = async (path: string): Promise<{ transport: ApiTransport; client: KubeClient }> => {
    const made = transport({ connection: await loadKubeConfig({ path }), userAgent: 'tidegate-test/0' });
    return { transport: made, client: kubeClient(made, discovery(made)) };
  };

  beforeAll(async () => {
    cluster = await startCluster();
    ({ transport: admin, client } = await connect(cluster.kubeconfigPath));
  }, 90_000);
  afterAll(async () => {
    admin?.close();
    await cluster?.stop();
  });

  it('creates, reads, lists, deletes', async () => {
    const made = objectOf(await client.create(configMap('crud', { a: '1' })));
    const again = await client.create(configMap('crud', { a: '1' }));
    const read = objectOf(await client.get(mapKey('crud')));
    const listed = await client.list({ group: '', kind: 'ConfigMap' }, { namespace: 'default' });
    const wrongUid = await client.delete(mapKey('crud'), { uid: 'f4f0f6d6-0000-4000-8000-000000000000' });
    const deleted = await client.delete(mapKey('crud'), { uid: made.metadata.uid ?? '' });
    const gone = await client.get(mapKey('crud'));

    expect(again).toMatchObject({ kind: 'conflict', reason: 'AlreadyExists' });
    expect(read).toMatchObject({ data: { a: '1' }, kind: 'ConfigMap', apiVersion: 'v1' });
    expect(listed.kind === 'ok' && listed.items.map((one) => [one.kind, one.metadata.name])).toContainEqual([
      'ConfigMap',
      'crud',
    ]);
    expect(wrongUid.kind).toBe('conflict');
    expect(deleted.kind).toBe('ok');
    expect(gone.kind).toBe('not-found');
  });

  it('merges only onto the version and the object it was read from', async () => {
    const made = objectOf(await client.create(configMap('merge', { a: '1' })));
    const first = await client.merge(
      mapKey('merge'),
      { data: { b: '2' } },
      { resourceVersion: made.metadata.resourceVersion ?? '', uid: made.metadata.uid ?? '' },
    );
    const stale = await client.merge(
      mapKey('merge'),
      { data: { c: '3' } },
      { resourceVersion: made.metadata.resourceVersion ?? '' },
    );
    const otherUid = await client.merge(
      mapKey('merge'),
      { data: { c: '3' } },
      { uid: 'f4f0f6d6-0000-4000-8000-000000000000' },
    );

    expect(objectOf(first)).toMatchObject({ data: { a: '1', b: '2' } });
    expect(stale).toMatchObject({ kind: 'conflict', reason: 'Conflict' });
    expect(otherUid).toMatchObject({ kind: 'conflict', reason: 'Conflict' });
  });
});
