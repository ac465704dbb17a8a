/** ReplicaSets, EndpointSlices and garbage collection: the sandbox's controllers do what the real ones do. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../kube/api.ts';
import { fieldOf, listOf } from '../../kube/json.ts';
import { clusterMissing } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { type Live, sandboxWorld, plainStatus, realWorld, type WorkloadWorld } from './workload-world.ts';

const missing = clusterMissing();

interface SetOptions {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly image?: string;
  readonly ports?: readonly object[];
}

function replicaSet(namespace: string, name: string, options: SetOptions = {}): object {
  const { replicas = 1, minReadySeconds, image = 'tidegate.dev/app:v1', ports = [{ containerPort: 8080 }] } = options;
  const labels = { app: name };
  const container = {
    name: 'app',
    image,
    ports,
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 2, containers: [container] } },
    },
  };
}

const num = (object: Live | undefined, ...path: string[]): number => Number(fieldOf(object, ...path) ?? 0);

/** The sizes that a status went through, without repeats. */
async function sizes(world: WorkloadWorld, namespace: string, name: string, until: (one: Live) => boolean) {
  const seen: string[] = [];
  await world.until(`${name} gets there`, 'apps', 'ReplicaSet', namespace, name, (one) => {
    const now = `${num(one, 'status', 'replicas')}/${num(one, 'status', 'readyReplicas')}`;
    if (seen.at(-1) !== now) seen.push(now);
    return one !== undefined && until(one);
  });
  return seen;
}

/** In a stable form without names and addresses. */
function plainEndpoint(endpoint: Json): string {
  const { addresses, targetRef, ...rest } = endpoint as Record<string, Json>;
  const target = Object.keys(targetRef ?? {}).toSorted();
  return JSON.stringify({ ...rest, addresses: [addresses].flat().length, target });
}

type Scenario = (world: WorkloadWorld, namespace: string) => Promise<unknown>;

const ready = (count: number) => (one: Live | undefined) =>
  num(one, 'status', 'readyReplicas') === count &&
  num(one, 'status', 'replicas') === count &&
  num(one, 'status', 'terminatingReplicas') === 0 &&
  num(one, 'status', 'observedGeneration') === num(one, 'metadata', 'generation');

const scenarios: Readonly<Record<string, Scenario>> = {
  'a ReplicaSet grows and shrinks': async (world, namespace) => {
    const set = await world.create(replicaSet(namespace, 'web', { replicas: 3 }));
    const grown = await world.until('3 are ready', 'apps', 'ReplicaSet', namespace, 'web', ready(3));
    const [pod] = await world.list('', 'Pod', namespace);
    await world.patch(set, { spec: { replicas: 1 } }, 'scale');
    await sizes(world, namespace, 'web', (one) => num(one, 'status', 'terminatingReplicas') === 2);
    const leaving = await world.read('apps', 'ReplicaSet', namespace, 'web');
    const shrunk = await world.until('1 is left', 'apps', 'ReplicaSet', namespace, 'web', ready(1));
    await world.patch(set, { spec: { replicas: 0 } });
    const empty = await world.until('none is left', 'apps', 'ReplicaSet', namespace, 'web', ready(0));
    return {
      statuses: [grown, leaving, shrunk, empty].map(plainStatus),
      pod: {
        generateName: pod?.metadata.generateName,
        labels: pod?.metadata.labels,
        owners: pod?.metadata.ownerReferences?.map(({ uid, ...ref }) => ({ ...ref, uid: uid === set.metadata.uid })),
      },
    };
  },
  'the cheapest pod goes first, then the one that is not ready': async (world, namespace) => {
    const set = await world.create(replicaSet(namespace, 'web', { replicas: 3 }));
    await world.until('3 are ready', 'apps', 'ReplicaSet', namespace, 'web', ready(3));
    const pods = await world.list('', 'Pod', namespace);
    const cheap = pods[1] as Live;
    await world.patch(cheap, { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } } });
    await world.patch(set, { spec: { replicas: 2 } });
    await world.until('2 are left', 'apps', 'ReplicaSet', namespace, 'web', ready(2));
    const left = (await world.list('', 'Pod', namespace)).map((pod) => pod.metadata.name);
    return { cheapIsGone: !left.includes(cheap.metadata.name), left: left.length };
  },
  'orphans are adopted and strangers let go': async (world, namespace) => {
    const container = { name: 'app', image: 'tidegate.dev/app:v1' };
    const orphan = await world.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'orphan', namespace, labels: { app: 'web' } },
      spec: { terminationGracePeriodSeconds: 1, containers: [container] },
    });
    await world.create(replicaSet(namespace, 'web', { replicas: 2 }));
    await world.until('2 are ready', 'apps', 'ReplicaSet', namespace, 'web', ready(2));
    const adopted = await world.read('', 'Pod', namespace, 'orphan');
    await world.patch(orphan, { metadata: { labels: { app: 'other' } } });
    const free = await world.until(
      'the pod is let go',
      '',
      'Pod',
      namespace,
      'orphan',
      (one) => one?.metadata.ownerReferences === undefined,
    );
    await eventually(
      'another took its place',
      async () => (await world.list('', 'Pod', namespace, 'app=web')).length === 2,
    );
    return { adopted: adopted?.metadata.ownerReferences?.map((ref) => ref.name), free: free?.metadata.labels };
  },
  'ready is not yet available': async (world, namespace) => {
    await world.create(replicaSet(namespace, 'web', { replicas: 1, minReadySeconds: 2 }));
    const early = await world.until('it is ready', 'apps', 'ReplicaSet', namespace, 'web', ready(1));
    const late = await world.until(
      'it is available',
      'apps',
      'ReplicaSet',
      namespace,
      'web',
      (one) => num(one, 'status', 'availableReplicas') === 1,
    );
    return [early, late].map(plainStatus);
  },
  'a Service has the endpoints of its pods': async (world, namespace) => {
    const ports = [{ name: 'web', containerPort: 8080 }];
    const service = await world.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace, labels: { team: 'a' } },
      spec: {
        selector: { app: 'web' },
        ports: [
          { name: 'http', port: 80, targetPort: 'web' },
          { name: 'x', port: 81, targetPort: 9 },
        ],
      },
    });
    const slice = async () => {
      const all = await world.list('discovery.k8s.io', 'EndpointSlice', namespace, 'kubernetes.io/service-name=web');
      return all.map((one) => ({
        generateName: one.metadata.generateName,
        labels: one.metadata.labels,
        owner: one.metadata.ownerReferences?.map(({ uid, ...ref }) => ({ ...ref, uid: uid === service.metadata.uid })),
        addressType: one.addressType,
        ports: one.ports ?? null,
        endpoints: listOf(one, 'endpoints').map(plainEndpoint).toSorted(),
      }));
    };
    const until = async (what: string, test: (text: string) => boolean) => {
      await eventually(`${world.name}: ${what}`, async () => test(JSON.stringify(await slice())), { withinMs: 15_000 });
      return slice();
    };
    const empty = await until('an empty slice', (text) => text !== '[]');
    const set = await world.create(replicaSet(namespace, 'web', { replicas: 2, ports }));
    const two = await until('2 ready', (text) => text.split('ready\\":true').length === 3);
    await world.patch(set, { spec: { replicas: 1 } });
    const leaving = await until('1 is leaving', (text) => text.includes('terminating\\":true'));
    const one = await until('1 is left', (text) => text.split('ready\\":').length === 2);
    await world.patch(service, { spec: { selector: { app: 'nobody' } } });
    const none = await until('none is left', (text) => !text.includes('ready\\":'));
    return { empty, two, leaving, one, none };
  },
};

const budgets: Readonly<Record<string, Scenario>> = {
  'a disruption budget knows what may go': async (world, namespace) => {
    const budget = (name: string, spec: object): object => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace },
      spec: { selector: { matchLabels: { app: name } }, ...spec },
    });
    const statuses: unknown[] = [];
    const note = async (name: string, healthy: number): Promise<void> => {
      const seen = await world.until(
        `${healthy} are healthy`,
        'policy',
        'PodDisruptionBudget',
        namespace,
        name,
        (one) =>
          num(one, 'status', 'observedGeneration') === 1 &&
          num(one, 'status', 'currentHealthy') === healthy &&
          num(one, 'status', 'expectedPods') === healthy,
      );
      statuses.push(plainStatus(seen));
    };
    for (const [name, spec] of Object.entries(limits)) {
      await world.create(budget(name, spec));
      await note(name, 0);
      const set = await world.create(replicaSet(namespace, name, { replicas: 3 }));
      await note(name, 3);
      await world.patch(set, { spec: { replicas: 2 } });
      await note(name, 2);
    }
    return statuses;
  },
};
const limits = {
  least: { minAvailable: 2 },
  'least-share': { minAvailable: '60%' },
  most: { maxUnavailable: 1 },
  'most-share': { maxUnavailable: '10%' },
};

const map = (namespace: string, name: string, owners: readonly object[] = [], more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, ownerReferences: owners, ...more },
});
const refTo = (owner: Live, more: object = {}): object => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...more,
});
const names = async (world: WorkloadWorld, namespace: string): Promise<readonly string[]> =>
  (await world.list('', 'ConfigMap', namespace))
    .map((one) => one.metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
    .toSorted();
const remove = async (world: WorkloadWorld, one: Live, propagation: 'Background' | 'Foreground' | 'Orphan') => {
  const { namespace = '', name } = one.metadata;
  const group = one.apiVersion.includes('/') ? (one.apiVersion.split('/')[0] ?? '') : '';
  const result = await world.client.delete({ group, kind: one.kind, namespace, name }, { propagation });
  if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
};

const garbage: Readonly<Record<string, Scenario>> = {
  'a deleted owner takes its dependents along, unless they have another': async (world, namespace) => {
    const [a, b] = [await world.create(map(namespace, 'a')), await world.create(map(namespace, 'b'))];
    await world.create(map(namespace, 'only-a', [refTo(a)]));
    await world.create(map(namespace, 'a-and-b', [refTo(a), refTo(b)]));
    await remove(world, a, 'Background');
    await world.until('it is gone', '', 'ConfigMap', namespace, 'only-a', (one) => one === undefined);
    const left = await world.until(
      'the reference is gone',
      '',
      'ConfigMap',
      namespace,
      'a-and-b',
      (one) => one?.metadata.ownerReferences?.length === 1,
    );
    return { names: await names(world, namespace), owner: left?.metadata.ownerReferences?.map((ref) => ref.name) };
  },
  'in the foreground the owner waits for those that block it': async (world, namespace) => {
    const owner = await world.create(map(namespace, 'owner'));
    await world.create(
      map(namespace, 'child', [refTo(owner, { blockOwnerDeletion: true })], { finalizers: ['test.example/hold'] }),
    );
    await world.create(map(namespace, 'loose', [refTo(owner)]));
    await remove(world, owner, 'Foreground');
    const child = await world.until(
      'the child is being deleted',
      '',
      'ConfigMap',
      namespace,
      'child',
      (one) => one?.metadata.deletionTimestamp !== undefined,
    );
    await world.until('the loose one is gone', '', 'ConfigMap', namespace, 'loose', (one) => one === undefined);
    const waiting = await world.read('', 'ConfigMap', namespace, 'owner');
    await world.patch(child as Live, { metadata: { finalizers: null } });
    await world.until('the owner is gone', '', 'ConfigMap', namespace, 'owner', (one) => one === undefined);
    return { finalizers: waiting?.metadata.finalizers, names: await names(world, namespace) };
  },
  'orphans lose their reference and stay': async (world, namespace) => {
    const owner = await world.create(map(namespace, 'owner'));
    await world.create(map(namespace, 'child', [refTo(owner)]));
    await remove(world, owner, 'Orphan');
    await world.until('the owner is gone', '', 'ConfigMap', namespace, 'owner', (one) => one === undefined);
    const child = await world.read('', 'ConfigMap', namespace, 'child');
    return { owners: child?.metadata.ownerReferences ?? null };
  },
  'a reference to another uid is a reference to nobody': async (world, namespace) => {
    const owner = await world.create(map(namespace, 'owner'));
    const stranger = { ...refTo(owner), uid: '00000000-0000-4000-8000-000000000000' };
    await world.create(map(namespace, 'child', [stranger]));
    await world.until('it is gone', '', 'ConfigMap', namespace, 'child', (one) => one === undefined);
    return names(world, namespace);
  },
  'a custom resource owns like any other': async (world, namespace) => {
    const group = 'example.test';
    await world.client.create(definition(group) as never);
    await eventually('the kind is served', async () => {
      const made = await world.api.send({
        method: 'POST',
        path: `/apis/${group}/v1/namespaces/${namespace}/ships`,
        body: { apiVersion: `${group}/v1`, kind: 'Ship', metadata: { name: 'ship', namespace } },
        pool: 'write',
      });
      return made.kind === 'ok';
    });
    const ship = await world.read(group, 'Ship', namespace, 'ship');
    await world.create(replicaSetOf(namespace, ship as Live));
    await world.until('it is ready', 'apps', 'ReplicaSet', namespace, 'crew', ready(1));
    await remove(world, ship as Live, 'Foreground');
    await world.until('the crew is gone', 'apps', 'ReplicaSet', namespace, 'crew', (one) => one === undefined);
    await eventually('its pods are gone', async () => (await world.list('', 'Pod', namespace)).length === 0);
    await world.until('the ship is gone', group, 'Ship', namespace, 'ship', (one) => one === undefined);
    return 'gone';
  },
  'a deleted namespace is emptied': async (world, namespace) => {
    const name = `${namespace}-b`;
    const made = await world.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await eventually('the account is there', async () =>
      Boolean(await world.read('', 'ServiceAccount', name, 'default')),
    );
    await world.create(map(name, 'held', [], { finalizers: ['test.example/hold'] }));
    await world.create(replicaSet(name, 'web', { replicas: 2 }));
    await world.until('2 are ready', 'apps', 'ReplicaSet', name, 'web', ready(2));
    await remove(world, made, 'Background');
    const leaving = await world.until('pods are gone', '', 'Namespace', '', name, (one) => one !== undefined);
    await eventually('its pods are gone', async () => (await world.list('', 'Pod', name)).length === 0, {
      withinMs: 20_000,
    });
    const held = await world.read('', 'ConfigMap', name, 'held');
    await world.patch(held as Live, { metadata: { finalizers: null } });
    await world.until('the namespace is gone', '', 'Namespace', '', name, (one) => one === undefined);
    return fieldOf(leaving, 'status', 'phase');
  },
};

function replicaSetOf(namespace: string, owner: Live): object {
  const set = replicaSet(namespace, 'crew') as { metadata: object };
  return { ...set, metadata: { ...set.metadata, ownerReferences: [refTo(owner, { blockOwnerDeletion: true })] } };
}

function definition(group: string): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `ships.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Ship', plural: 'ships', singular: 'ship', listKind: 'ShipList' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

const all: Readonly<Record<string, Scenario>> = { ...scenarios, ...budgets, ...garbage };

describe.skipIf(missing !== undefined)(`workload controllers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let worlds: readonly WorkloadWorld[] = [];
  beforeAll(async () => {
    worlds = await Promise.all([realWorld(), sandboxWorld()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(worlds.map((world) => world.stop()));
  });

  it.each(Object.keys(all))('%s', async (name) => {
    const namespace = `n${Object.keys(all).indexOf(name)}`;
    const run = async (world: WorkloadWorld): Promise<unknown> => {
      await world.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await eventually('the account is there', async () =>
        Boolean(await world.read('', 'ServiceAccount', namespace, 'default')),
      );
      return all[name]?.(world, namespace);
    };
    const [real, sandbox] = await Promise.all(worlds.map(run));

    expect(real).toBeDefined();
    expect(sandbox).toEqual(real);
  });
});
