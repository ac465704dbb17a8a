import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject, KubeObject, Priority, Store } from '../../kube/api.ts';
import { createStore } from '../../kube/cache/store.ts';
import type { GitRevertObject } from './revert-record.ts';
import { type CacheNeed, enqueueRollouts, rolloutCacheNeeds, rolloutStores } from './stores.ts';
import { anAnalysisRun, aRollout, shopKeys } from './testing/builders.ts';

type Raw = KubeObject & JsonObject;

/** Real stores, fed by hand. */
function room() {
  const needs = rolloutCacheNeeds(tidegateDialect);
  const feeds = new Map<string, (object: Raw) => void>();
  const add = <T extends KubeObject>(need: CacheNeed<T>): Store<T> => {
    const store = createStore<T>({
      project: need.project,
      indexes: need.indexes,
      freeze: true,
      onHandlerError: (error) => {
        throw error;
      },
    });
    const { kind } = need.kind;
    feeds.set(feeds.has(kind) ? `other ${kind}` : kind, (object) => store.event('ADDED', object));
    return store;
  };
  const stores = rolloutStores(needs, add);
  const canary = {
    stableService: 'web-stable',
    canaryService: 'web-canary',
    trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'route' }] } },
    steps: [{ analysis: { templates: [{ templateName: 'errors' }, { templateName: 'shared', clusterScope: true }] } }],
  };
  const rollout = aRollout({ canary });
  const strategy = { ...rollout.spec.strategy, preset: { name: 'careful' } };
  feeds.get('Rollout')?.({ ...rollout, spec: { ...rollout.spec, strategy } } as unknown as Raw);
  const queued: [string, Priority | undefined][] = [];
  const reverts = createStore<GitRevertObject>({
    project: (raw) => raw as unknown as GitRevertObject,
    indexes: {},
    freeze: true,
    onHandlerError: (error) => {
      throw error;
    },
  });
  feeds.set('GitRevert', (object) => reverts.event('ADDED', object));
  const queue = { add: (key: string, options?: { priority?: Priority }) => queued.push([key, options?.priority]) };
  const undo = enqueueRollouts(stores, tidegateDialect, queue, reverts);
  const feed = (kind: string, object: object) => {
    queued.length = 0;
    const metadata = {
      name: 'x',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '5',
      ...(object as { metadata?: object }).metadata,
    };
    feeds.get(kind)?.({ apiVersion: 'v1', kind, ...object, metadata } as unknown as Raw);
    return [...queued];
  };
  return { stores, queued, undo, feed };
}

const owned = {
  ownerReferences: [
    { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'rollout-uid', controller: true },
  ],
};

describe('enqueueRollouts', () => {
  it('enqueues every Rollout once at the start', () => {
    expect(room().queued).toEqual([['shop/web', 'normal']]);
  });

  it.each([
    ['its ReplicaSet', 'ReplicaSet', { metadata: owned, spec: { replicas: 1 } }],
    ['a Service it names', 'Service', { metadata: { name: 'web-canary' }, spec: {} }],
    [
      'endpoints of such a Service',
      'EndpointSlice',
      { metadata: { labels: { 'kubernetes.io/service-name': 'web-stable' } } },
    ],
    ['its route', 'HTTPRoute', { apiVersion: 'gateway.networking.k8s.io/v1', metadata: { name: 'route' } }],
    ['a template it uses', 'AnalysisTemplate', { metadata: { name: 'errors' } }],
    ['the preset it names', 'StrategyPreset', { metadata: { name: 'careful' } }],
    ['a cluster template it uses', 'ClusterAnalysisTemplate', { metadata: { name: 'shared', namespace: '' } }],
  ])('enqueues it when %s changes', (_name, kind, object) => {
    expect(
      room()
        .feed(kind, object)
        .map(([key]) => key),
    ).toEqual(['shop/web']);
  });

  it.each([
    ["another owner's ReplicaSet", 'ReplicaSet', { spec: { replicas: 1 } }],
    ['a Service it does not name', 'Service', { metadata: { name: 'other' }, spec: {} }],
    [
      'a template of the same name in another namespace',
      'AnalysisTemplate',
      { metadata: { name: 'errors', namespace: 'other' } },
    ],
  ])('leaves it alone when %s changes', (_name, kind, object) => {
    expect(room().feed(kind, object)).toEqual([]);
  });

  it('enqueues it when the workload that it takes its template from changes', () => {
    const { feed } = room();
    const { spec, ...rollout } = aRollout();
    const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'old-web' };
    const metadata = { ...rollout.metadata, resourceVersion: '9' };
    feed('Rollout', { ...rollout, metadata, spec: { ...spec, workloadRef } });

    const workload = { apiVersion: 'apps/v1', metadata: { name: 'old-web' }, spec: { template: {} } };
    expect(feed('Deployment', workload).map(([key]) => key)).toEqual(['shop/web']);
    expect(feed('Deployment', { ...workload, metadata: { name: 'other' } })).toEqual([]);
  });

  it('enqueues it when the half of its status changes that its record carries, and for no other entry of it', () => {
    const { feed } = room();
    const spec = { rollout: { name: 'web' } };
    const recorded = { verdict: { confirmedStableAt: '2026-01-01T00:00:00Z' } };
    const write = (version: string, status: object) => {
      const metadata = { name: 'run', resourceVersion: version };
      return feed('RolloutRun', { metadata, spec, status }).map(([key]) => key);
    };

    expect(write('6', { recorded })).toEqual(['shop/web']);
    expect(write('7', { recorded, entries: [{ reason: 'told' }] })).toEqual([]);
    expect(write('8', { recorded: {} })).toEqual(['shop/web']);
  });

  it('enqueues it last when the revert that its record speaks of gets on', () => {
    const { feed } = room();
    feed('RolloutRun', { metadata: { name: 'web-2-two' }, spec: { rollout: { name: 'web' } } });
    const revert = (version: string, spec: object) =>
      feed('GitRevert', { metadata: { name: 'revert', resourceVersion: version }, spec });

    expect(revert('6', { runName: 'web-2-two' })).toEqual([['shop/web', 'low']]);
    expect(revert('7', { runName: 'web-1-one' })).toEqual([]);
    expect(revert('8', {})).toEqual([]);
  });

  it('enqueues it for the other phases of an analysis in its turn', () => {
    const run = anAnalysisRun('run', { phase: 'Running' });
    const metadata = { ...run.metadata, ...owned };

    expect(room().feed('AnalysisRun', { ...run, metadata })).toEqual([['shop/web', 'normal']]);
  });

  it('enqueues it for a template that one of its own leads to, also in circles', () => {
    const { feed } = room();
    let version = 5;
    const leads = (name: string, templates: unknown) => {
      version += 1;
      return feed('AnalysisTemplate', { metadata: { name, resourceVersion: String(version) }, spec: { templates } });
    };
    leads('errors', [{ templateName: 'middle' }, { templateName: 7 }, 'x']);
    leads('middle', [{ templateName: 'errors' }, { templateName: 'common', clusterScope: true }]);
    const named = ([key]: [string, unknown]) => key;

    expect(feed('ClusterAnalysisTemplate', { metadata: { name: 'common', namespace: '' } }).map(named)).toEqual([
      'shop/web',
    ]);
    expect(leads('middle', 'none').map(named)).toEqual(['shop/web']);
    expect(leads('unused', [{ templateName: 'errors' }])).toEqual([]);
  });

  it('puts failed analyses and aborts first', () => {
    const { feed } = room();
    const run = anAnalysisRun('run', { phase: 'Failed' });
    const abort = { ...aRollout({ annotations: { [shopKeys.command]: 'abort' } }) };

    expect(feed('AnalysisRun', { ...run, metadata: { ...run.metadata, ...owned } })).toEqual([['shop/web', 'urgent']]);
    expect(feed('Rollout', { ...abort, metadata: { ...abort.metadata, resourceVersion: '9' } })).toEqual([
      ['shop/web', 'urgent'],
    ]);
  });

  it('looks at it when a pod is seen first, gets ready, has troubles or leaves: slices and ReplicaSets may be seen before', () => {
    const { feed } = room();
    const labels = { [shopKeys.podTemplateHash]: 'two' };
    feed('ReplicaSet', { metadata: { ...owned, labels }, spec: { replicas: 1 } });
    const pod = (resourceVersion: string, status: object, more: object = {}) =>
      feed('Pod', { metadata: { name: 'one', labels, resourceVersion, ...more }, status });
    const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
    const waiting = { waiting: { reason: 'ErrImagePull' } };
    const trouble = { containerStatuses: [{ name: 'web', image: 'i', restartCount: 0, state: waiting }] };

    expect(pod('6', {})).toEqual([['shop/web', 'normal']]);
    expect(pod('7', ready)).toEqual([['shop/web', 'normal']]);
    expect(pod('8', { ...ready, podIP: '10.0.0.9' })).toEqual([]);
    expect(pod('9', trouble)).toEqual([['shop/web', 'normal']]);
    expect(pod('10', trouble, { deletionTimestamp: '2026-11-02T10:00:00Z' })).toEqual([['shop/web', 'normal']]);
  });

  it('needs no reverts where none are kept', () => {
    const { stores } = room();
    const queued: string[] = [];

    expect(enqueueRollouts(stores, tidegateDialect, { add: (key: string) => void queued.push(key) })).toBeTypeOf(
      'function',
    );
    expect(queued).toEqual(['shop/web']);
  });

  it('enqueues a Rollout that was deleted as long as its record is open', () => {
    const { stores, feed } = room();
    const run = (name: string, status: object) =>
      feed('RolloutRun', { metadata: { name }, spec: { rollout: { name: 'gone' } }, status }).map(([key]) => key);

    expect(run('gone-2', { recorded: undefined })).toEqual(['shop/gone']);
    expect(run('gone-1', { finishedAt: 'x' })).toEqual([]);
    const queued: string[] = [];
    enqueueRollouts(stores, tidegateDialect, { add: (key: string) => void queued.push(key) });
    expect(queued).toEqual(['shop/web', 'shop/gone']);
  });

  it('stops when undone', () => {
    const { undo, feed } = room();
    undo();

    expect(feed('ReplicaSet', { metadata: owned, spec: { replicas: 1 } })).toEqual([]);
  });
});

it('keeps of a finished record what a later release may ask for, without its entries', () => {
  const { stores, feed } = room();
  const spec = { rollout: { name: 'web', uid: 'u' }, revision: 1, podHash: 'one', attempt: 1 };
  feed('RolloutRun', {
    metadata: { name: 'web-1-one' },
    spec,
    status: { finishedAt: 'x', outcome: { cause: 'CrashLoop' }, entries: [{ seq: 0 }] },
  });

  expect(stores.rolloutRuns.byIndex('rollout', 'shop/web').map((run) => run.status)).toEqual([
    { finishedAt: 'x', outcome: { cause: 'CrashLoop' } },
  ]);
});

it('takes only what is labelled with its instance id, and without one only what has none', () => {
  const selectors = (id?: string) => rolloutCacheNeeds(tidegateDialect, id).rollouts.labelSelector;

  expect(selectors()).toBe(`!${shopKeys.instanceId}`);
  expect(selectors('blue')).toBe(`${shopKeys.instanceId}=blue`);
});
