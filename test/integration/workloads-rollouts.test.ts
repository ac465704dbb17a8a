/** Deployments and Jobs: the sandbox's controllers do what the real ones do. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { fieldOf, listOf } from '../../kube/json.ts';
import { clusterMissing } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { type Live, sandboxWorld, plainStatus, realWorld, type WorkloadWorld } from './workload-world.ts';

const missing = clusterMissing();
type Scenario = (world: WorkloadWorld, namespace: string) => Promise<unknown>;

const num = (object: Live | undefined, ...path: string[]): number => Number(fieldOf(object, ...path) ?? 0);

function deployment(namespace: string, more: JsonObject = {}, image = 'tidegate.dev/app:v1'): object {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace, annotations: { 'team.example/note': 'kept' } },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: podTemplate(labels, image),
      ...more,
    },
  };
}

function podTemplate(labels: object, image: string): JsonObject {
  const containers = [{ name: 'app', image, ports: [{ containerPort: 8080 }] }];
  return { metadata: { labels: { ...labels } }, spec: { terminationGracePeriodSeconds: 1, containers } };
}

const complete = (one: Live | undefined): boolean => {
  const wanted = num(one, 'spec', 'replicas');
  const fields = ['replicas', 'updatedReplicas', 'availableReplicas'];
  return (
    one !== undefined &&
    fields.every((field) => num(one, 'status', field) === wanted) &&
    num(one, 'status', 'observedGeneration') === num(one, 'metadata', 'generation') &&
    num(one, 'status', 'terminatingReplicas') === 0 &&
    (wanted === 0 || JSON.stringify(fieldOf(one, 'status', 'conditions')).includes('NewReplicaSetAvailable'))
  );
};

const untilComplete = (world: WorkloadWorld, namespace: string) =>
  world.until('the rollout is complete', 'apps', 'Deployment', namespace, 'web', complete);

/** Names with their hashes out of a value, so that two clusters can be compared. */
function plain(value: unknown, hashes: readonly string[]): unknown {
  let text = JSON.stringify(value);
  hashes.forEach((hash, at) => {
    text = text.replaceAll(hash, `hash${at}`);
  });
  return JSON.parse(text);
}

async function sets(world: WorkloadWorld, namespace: string) {
  const all = await world.list('apps', 'ReplicaSet', namespace);
  const revision = (set: Live) => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision']);
  const ordered = all.toSorted((a, b) => revision(a) - revision(b));
  const hashes = ordered.map((set) => set.metadata.labels?.['pod-template-hash'] ?? '');
  const shown = ordered.map((set) => ({
    name: set.metadata.name,
    annotations: set.metadata.annotations,
    labels: set.metadata.labels,
    owners: set.metadata.ownerReferences?.map(({ uid: _uid, ...ref }) => ref),
    replicas: fieldOf(set, 'spec', 'replicas'),
    selector: fieldOf(set, 'spec', 'selector'),
    image: fieldOf(listOf(set, 'spec', 'template', 'spec', 'containers')[0] as JsonObject, 'image'),
  }));
  return { hashes, shown };
}

const setImage = (image: string): object => ({ spec: { template: podTemplate({ app: 'web' }, image) } });

const deployments: Readonly<Record<string, Scenario>> = {
  'a Deployment rolls to the next template and back': async (world, namespace) => {
    const made = await world.create(deployment(namespace));
    const first = await untilComplete(world, namespace);
    await world.patch(made, setImage('tidegate.dev/app:v2'));
    const second = await untilComplete(world, namespace);
    await world.patch(made, setImage('tidegate.dev/app:v1'));
    const third = await untilComplete(world, namespace);
    await eventually('its ReplicaSets are told', async () => (await sets(world, namespace)).shown.length === 2);
    const { hashes, shown } = await sets(world, namespace);
    const states = [first, second, third].map((one) => ({
      status: plainStatus(one),
      revision: one?.metadata.annotations?.['deployment.kubernetes.io/revision'],
    }));
    return plain({ states, shown }, hashes);
  },
  'one that does not get ready stays where the limits hold it': async (world, namespace) => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
    const made = await world.create(deployment(namespace, { strategy, progressDeadlineSeconds: 3 }));
    await untilComplete(world, namespace);
    await world.patch(made, setImage('tidegate.dev/app:missing'));
    const late = await world.until(
      'the deadline has passed',
      'apps',
      'Deployment',
      namespace,
      'web',
      (one) => JSON.stringify(fieldOf(one, 'status', 'conditions'))?.includes('ProgressDeadlineExceeded') === true,
    );
    const { hashes, shown } = await sets(world, namespace);
    return plain({ status: plainStatus(late), shown }, hashes);
  },
  'a paused one is resized and not rolled': async (world, namespace) => {
    const made = await world.create(deployment(namespace));
    await untilComplete(world, namespace);
    await world.patch(made, { spec: { paused: true } });
    await world.patch(made, setImage('tidegate.dev/app:v2'));
    await world.patch(made, { spec: { replicas: 5 } });
    const paused = await world.until(
      '5 are available',
      'apps',
      'Deployment',
      namespace,
      'web',
      (one) => num(one, 'status', 'availableReplicas') === 5,
    );
    const during = await sets(world, namespace);
    await world.patch(made, { spec: { paused: false } });
    const after = await untilComplete(world, namespace);
    const { hashes, shown } = await sets(world, namespace);
    return plain({ paused: plainStatus(paused), during: during.shown, after: plainStatus(after), shown }, hashes);
  },
  'Recreate ends all old pods first': async (world, namespace) => {
    const made = await world.create(deployment(namespace, { strategy: { type: 'Recreate' }, revisionHistoryLimit: 0 }));
    await untilComplete(world, namespace);
    await world.patch(made, setImage('tidegate.dev/app:v2'));
    let mixed = false;
    await world.until('the rollout is complete', 'apps', 'Deployment', namespace, 'web', (one) => complete(one));
    const pods = await world.list('', 'Pod', namespace);
    mixed = new Set(pods.map((pod) => pod.metadata.labels?.['pod-template-hash'])).size > 1;
    await eventually('the old ReplicaSet is gone', async () => (await sets(world, namespace)).shown.length === 1);
    const { hashes, shown } = await sets(world, namespace);
    return plain({ mixed, shown }, hashes);
  },
};

function job(namespace: string, command: readonly string[], spec: JsonObject = {}): object {
  const containers = [{ name: 'main', image: 'tidegate.dev/app:v1', command: [...command] }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'task', namespace },
    spec: { template: { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers } }, ...spec },
  };
}

const over = (one: Live | undefined): boolean =>
  listOf(one, 'status', 'conditions').some((each) =>
    ['Complete', 'Failed'].some((type) => type === (each as JsonObject).type),
  );
const untilOver = (world: WorkloadWorld, namespace: string) =>
  world.until('the Job is over', 'batch', 'Job', namespace, 'task', over);

async function jobPods(world: WorkloadWorld, namespace: string) {
  const pods = await world.list('', 'Pod', namespace);
  return pods.map((pod) => ({
    generateName: pod.metadata.generateName,
    finalizers: pod.metadata.finalizers ?? null,
    labels: Object.keys(pod.metadata.labels ?? {}).toSorted(),
    phase: fieldOf(pod, 'status', 'phase'),
  }));
}

const jobs: Readonly<Record<string, Scenario>> = {
  'a Job completes': async (world, namespace) => {
    await world.create(job(namespace, ['true'], { completions: 3, parallelism: 2 }));
    const done = await untilOver(world, namespace);
    await eventually('its pods are let go', async () =>
      (await jobPods(world, namespace)).every((pod) => pod.finalizers === null),
    );
    return { status: plainStatus(done), pods: await jobPods(world, namespace) };
  },
  'a Job fails after its retries': async (world, namespace) => {
    await world.create(job(namespace, ['exit', '3'], { backoffLimit: 1 }));
    const done = await untilOver(world, namespace);
    return { status: plainStatus(done), pods: (await jobPods(world, namespace)).length };
  },
  'a Job over its deadline is a failed target first': async (world, namespace) => {
    await world.create(job(namespace, ['sleep', '600'], { activeDeadlineSeconds: 2 }));
    const target = await world.until('it is to fail', 'batch', 'Job', namespace, 'task', (one) =>
      JSON.stringify(fieldOf(one, 'status', 'conditions') ?? '').includes('FailureTarget'),
    );
    const done = await untilOver(world, namespace);
    const first = listOf(target, 'status', 'conditions')[0] as JsonObject;
    return { first: [first.type, first.reason, first.message], status: plainStatus(done) };
  },
  'a Job that is over is removed when its time has come': async (world, namespace) => {
    await world.create(job(namespace, ['true'], { ttlSecondsAfterFinished: 1 }));
    await world.until('it is there', 'batch', 'Job', namespace, 'task', (one) => one !== undefined);
    await world.until('it is gone', 'batch', 'Job', namespace, 'task', (one) => one === undefined);
    await eventually('its pods are gone', async () => (await world.list('', 'Pod', namespace)).length === 0);
    return 'gone';
  },
  'the pods of a deleted Job go with it': async (world, namespace) => {
    await world.create(job(namespace, ['sleep', '600']));
    await world.until('it runs', 'batch', 'Job', namespace, 'task', (one) => num(one, 'status', 'active') === 1);
    await world.client.delete({ group: 'batch', kind: 'Job', namespace, name: 'task' });
    await eventually('its pods are gone', async () => (await world.list('', 'Pod', namespace)).length === 0);
    return 'gone';
  },
};

const all: Readonly<Record<string, Scenario>> = { ...deployments, ...jobs };

describe.skipIf(missing !== undefined)(`rollout controllers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let worlds: readonly WorkloadWorld[] = [];
  beforeAll(async () => {
    worlds = await Promise.all([realWorld(), sandboxWorld()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(worlds.map((world) => world.stop()));
  });

  it.concurrent.each(Object.keys(all))('%s', async (name) => {
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
