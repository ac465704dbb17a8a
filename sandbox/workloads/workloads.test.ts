/** The workload controllers in virtual time: a seed gives the same history again, and a lost answer makes no second pod. */

import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { fieldOf } from '../../kube/json.ts';
import { startVirtualCluster, type VirtualCluster } from '../testing/virtual-cluster.ts';

const running: VirtualCluster[] = [];
afterEach(async () => {
  for (const cluster of running.splice(0)) await cluster.stop();
});

async function aCluster(...options: Parameters<typeof startVirtualCluster>): Promise<VirtualCluster> {
  const cluster = await startVirtualCluster(...options);
  running.push(cluster);
  return cluster;
}

const namespace = 'default';

function workload(kind: 'ReplicaSet' | 'Deployment', image: string, replicas: number): object {
  const labels = { app: 'web' };
  const containers = [
    { name: 'app', image, readinessProbe: { httpGet: { path: '/', port: 8080 } }, ports: [{ containerPort: 8080 }] },
  ];
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'task', namespace },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'a:v1', command: ['sleep', '5'] }] },
    },
  },
};

async function statusOf(cluster: VirtualCluster, group: string, kind: string, name: string): Promise<JsonObject> {
  const found = await cluster.client.get({ group, kind, namespace, name });
  if (found.kind !== 'ok') throw new Error(JSON.stringify(found));
  return (fieldOf(found.object, 'status') ?? {}) as JsonObject;
}

async function history(seed: number): Promise<readonly string[]> {
  const cluster = await aCluster(seed);
  await cluster.create(service);
  const made = await cluster.create(workload('Deployment', 'a:v1', 4));
  await cluster.clock.advance(3_000);
  await cluster.create(job);
  const containers = [{ name: 'app', image: 'a:v2' }];
  await patch(cluster, made, { spec: { template: { spec: { containers } } } });
  await cluster.clock.advance(20_000);
  await cluster.client.delete(
    { group: 'apps', kind: 'Deployment', namespace, name: 'web' },
    { propagation: 'Foreground' },
  );
  await cluster.clock.advance(40_000);
  return cluster.commits;
}

async function patch(cluster: VirtualCluster, object: KubeObject, change: object): Promise<void> {
  const { name } = object.metadata;
  await cluster.client.merge({ group: 'apps', kind: object.kind, namespace, name }, change, {});
}

describe('workloads in virtual time', () => {
  it('do the same again for the same seed, and carry everything to its end', async () => {
    const [first, again, other] = [await history(7), await history(7), await history(8)];

    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.some((line) => /delete Deployment default\/web/.test(line))).toBe(true);
  });

  it('count a Job that has ended', async () => {
    const cluster = await aCluster();
    await cluster.create(job);
    await cluster.clock.advance(4_000);
    expect(await statusOf(cluster, 'batch', 'Job', 'task')).toMatchObject({ active: 1, ready: 1 });
    await cluster.clock.advance(3_000);

    expect(await statusOf(cluster, 'batch', 'Job', 'task')).toMatchObject({
      succeeded: 1,
      conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete', reason: 'CompletionsReached' }],
    });
  });

  it('end where they should though every third of their writes is lost, before or after it was carried out', async () => {
    let writes = 0;
    const result = { kind: 'unknown', cause: new Error('lost') } as const;
    const cluster = await aCluster(1, ({ method }) => {
      if (method === 'GET') return undefined;
      writes += 1;
      if (writes % 3 !== 0) return undefined;
      return { at: writes % 2 === 0 ? 'before' : 'after', result };
    });
    await cluster.create(service);
    await cluster.create(workload('Deployment', 'a:v1', 4));
    await cluster.create(job);
    await cluster.clock.advance(90_000);

    const pods = await cluster.client.list({ group: '', kind: 'Pod' }, { namespace, labelSelector: 'app=web' });
    expect(pods.kind === 'ok' && pods.items).toHaveLength(4);
    expect(await statusOf(cluster, 'apps', 'Deployment', 'web')).toMatchObject({ replicas: 4, availableReplicas: 4 });
    expect(await statusOf(cluster, 'batch', 'Job', 'task')).toMatchObject({ succeeded: 1 });
    const slices = await cluster.client.list({ group: 'discovery.k8s.io', kind: 'EndpointSlice' }, { namespace });
    expect(slices.kind === 'ok' && slices.items).toHaveLength(1);
  });

  it('keep a ReplicaSet at its size when a pod is taken away', async () => {
    const cluster = await aCluster();
    await cluster.create(workload('ReplicaSet', 'a:v1', 3));
    await cluster.clock.advance(2_000);
    const pods = await cluster.client.list({ group: '', kind: 'Pod' }, { namespace });
    const [victim] = pods.kind === 'ok' ? pods.items : [];
    await cluster.client.delete({ group: '', kind: 'Pod', namespace, name: victim?.metadata.name ?? '' });
    await cluster.clock.advance(100);
    expect(await statusOf(cluster, 'apps', 'ReplicaSet', 'web')).toMatchObject({ terminatingReplicas: 1 });
    await cluster.clock.advance(3_000);

    expect(await statusOf(cluster, 'apps', 'ReplicaSet', 'web')).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      terminatingReplicas: 0,
    });
  });
});
