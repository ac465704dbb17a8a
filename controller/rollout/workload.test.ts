import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { decide } from './decide.ts';
import type { RolloutObject } from './observed.ts';
import { aReplicaSet, aRollout, anObserved, shopKeys } from './testing/builders.ts';
import { findWorkload, type WorkloadStores } from './workload.ts';
import { templateOf, workloadView } from './workload-view.ts';

type Raw = KubeObject & JsonObject;

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'shop:1' }] } };
const selector = { matchLabels: { app: 'web' } };

function raw(kind: string, more: JsonObject, metadata: JsonObject = {}): Raw {
  const own = { name: 'old', namespace: 'shop', uid: 'uid-old', resourceVersion: '1', generation: 3, ...metadata };
  return { apiVersion: kind === 'PodTemplate' ? 'v1' : 'apps/v1', kind, ...more, metadata: own };
}

const deployment = (replicas: number) => raw('Deployment', { spec: { template, selector, replicas } });
const owned = {
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u', controller: true }],
};

/** A Rollout that refers to `old`, with these objects in the cluster. */
function find(kind: string, objects: readonly Raw[], workloadRef: JsonObject | string = {}) {
  const store = (of: string) => ({
    get: (namespace: string, name: string) =>
      objects
        .filter((one) => one.kind === of && one.metadata.namespace === namespace && one.metadata.name === name)
        .map(workloadView)[0],
  });
  const stores = Object.fromEntries(['Deployment', 'ReplicaSet', 'PodTemplate'].map((one) => [one, store(one)]));
  const reference = { apiVersion: kind === 'PodTemplate' ? 'v1' : 'apps/v1', kind, name: 'old' };
  const rollout = {
    ...aRollout(),
    spec: { workloadRef: typeof workloadRef === 'string' ? workloadRef : { ...reference, ...workloadRef } },
  };
  return findWorkload(stores as unknown as WorkloadStores, rollout as unknown as RolloutObject);
}

describe('the workload that a Rollout takes its template from', () => {
  it('is a Deployment or ReplicaSet with its selector', () => {
    const set = raw('ReplicaSet', { spec: { template, selector, replicas: 2 } });

    expect(find('Deployment', [deployment(5)])).toMatchObject({ source: { template, selector }, problems: [] });
    expect(find('ReplicaSet', [set])).toMatchObject({ view: { replicas: 2 }, source: { template, selector } });
  });

  it('is a PodTemplate, which has no selector', () => {
    const { view, source } = find('PodTemplate', [raw('PodTemplate', { template })]);

    expect(source).toEqual({ template, selector: undefined });
    expect(view).toMatchObject({ replicas: undefined, paused: false });
  });

  it('has an empty template where it says nothing, so that the rules of the template speak', () => {
    expect(find('Deployment', [raw('Deployment', {})]).source).toEqual({ template: {}, selector: undefined });
  });

  it('is read once', () => {
    const view = workloadView(deployment(5));
    expect(templateOf(view)).toBe(templateOf(view));
  });

  it.each([
    ['Deployment', [], 'no Deployment of that name exists in namespace "shop"'],
    ['ReplicaSet', [deployment(5)], 'no ReplicaSet of that name exists in namespace "shop"'],
    [
      'ReplicaSet',
      [raw('ReplicaSet', { spec: { template } }, owned)],
      'belongs to another controller: name its owner instead',
    ],
  ])('is told to be missing: %s', (kind, objects, sentence) => {
    const { view, problems } = find(kind, objects);

    expect(view).toBeUndefined();
    expect(problems).toMatchObject([{ scope: 'forward', field: 'spec.workloadRef.name' }]);
    expect(problems[0]?.message).toContain(sentence);
  });

  it.each([
    ['a text', 'old'],
    ['a kind that is none of the three', { kind: 'Job' }],
    ['a number for a name', { name: 7 }],
  ])('is left to the rules of the spec where the reference is %s', (_name, reference) => {
    expect(find('Deployment', [deployment(5)], reference)).toEqual({ problems: [] });
  });
});

describe('on the first deploy, a Deployment with scaleDown progressively', () => {
  const first = (available: number, of: Raw, scaleDown: 'progressively' | 'onsuccess' = 'progressively') => {
    const observed = anObserved({
      rollout: { annotations: { [shopKeys.revision]: '1', [shopKeys.workloadGeneration]: '3' } },
      replicaSets: [aReplicaSet('two', { available })],
      workload: workloadView(of),
    });
    const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'old', scaleDown };
    const rollout = { ...observed.rollout, spec: { ...observed.rollout.spec, workloadRef } };
    const recorded = decide({ ...observed, rollout });
    return decide({ ...observed, rollout: { ...rollout, status: recorded.status } }).effects;
  };

  it('gives up as many pods as the Rollout has', () => {
    expect(first(3, deployment(5))).toMatchObject([{ kind: 'Patch', patch: { spec: { replicas: 2 } } }]);
  });

  it('keeps its pods until the end with scaleDown onsuccess', () => {
    expect(first(3, deployment(5), 'onsuccess')).toEqual([]);
  });

  it('is left alone when it is no Deployment, which alone can be scaled without its owner', () => {
    expect(first(3, raw('ReplicaSet', { spec: { template, selector, replicas: 5 } }))).toEqual([]);
  });

  it('is never scaled up', () => {
    expect(first(3, deployment(2))).toEqual([]);
    expect(first(0, deployment(5))).toEqual([]);
  });
});
