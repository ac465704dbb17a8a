/**
 * The kinds that the workload controllers read, each watched once.
 */

import type { Clock, JsonObject, KindRef, KubeObject, Log, Transport } from '../../kube/api.ts';
import { type KindCache, watchKind, wholeObject } from '../../kube/cache/cache.ts';
import type { RawObject } from '../../kube/cache/store.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { Seen } from '../../kube/own-writes.ts';
import { controllerRef, type PodView, podView, type ReplicaSetView, replicaSetView, textsOf } from './views.ts';

export interface Caches {
  readonly pods: KindCache<PodView>;
  readonly replicaSets: KindCache<ReplicaSetView>;
  readonly deployments: KindCache<RawObject>;
  readonly jobs: KindCache<RawObject>;
  readonly services: KindCache<RawObject>;
  readonly slices: KindCache<RawObject>;
  readonly namespaces: KindCache<RawObject>;
  readonly accounts: KindCache<RawObject>;
  readonly budgets: KindCache<RawObject>;
}

/** Index: objects that nobody controls, by namespace. */
export const orphans = 'orphans';
/** Index: pods by each of their labels, "namespace/key=value". */
export const labelled = 'labelled';
/** Index: Services by the first pair of their selector, "namespace/key=value". */
export const firstSelector = 'first selector';

const orphanIndex = (object: KubeObject): readonly string[] =>
  controllerRef(object) === undefined ? [object.metadata.namespace ?? ''] : [];

const podIndexes = {
  [orphans]: orphanIndex,
  [labelled]: (pod: PodView): readonly string[] =>
    Object.entries(pod.metadata.labels ?? {}).map(([key, value]) => labelKey(pod, key, value)),
};

function firstSelectorIndex(service: RawObject): readonly string[] {
  const [first] = Object.entries(textsOf(service, 'spec', 'selector'));
  return first === undefined ? [] : [labelKey(service, ...first)];
}

/** The value of both label indexes. */
export function labelKey(object: KubeObject, key: string, value: string): string {
  return `${object.metadata.namespace ?? ''}/${key}=${value}`;
}

export interface CacheOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export function makeCaches(options: CacheOptions): Caches {
  const watch = <T extends KubeObject>(group: string, kind: string, project: (raw: RawObject) => T): KindCache<T> =>
    watchKind({ ...options, kind: { group, kind }, project });
  const raw = (group: string, kind: string): KindCache<KubeObject & JsonObject> => watch(group, kind, wholeObject);
  return {
    pods: watchKind({ ...options, kind: { group: '', kind: 'Pod' }, project: podView, indexes: podIndexes }),
    replicaSets: watchKind({
      ...options,
      kind: { group: 'apps', kind: 'ReplicaSet' },
      project: replicaSetView,
      indexes: { [orphans]: orphanIndex },
    }),
    deployments: raw('apps', 'Deployment'),
    jobs: raw('batch', 'Job'),
    services: watchKind({
      ...options,
      kind: { group: '', kind: 'Service' },
      project: wholeObject,
      indexes: { [firstSelector]: firstSelectorIndex },
    }),
    slices: raw('discovery.k8s.io', 'EndpointSlice'),
    namespaces: raw('', 'Namespace'),
    accounts: raw('', 'ServiceAccount'),
    budgets: raw('policy', 'PodDisruptionBudget'),
  };
}

export function allCaches(caches: Caches): readonly Pick<KindCache<KubeObject>, 'run' | 'whenSettled'>[] {
  return Object.values(caches) as readonly Pick<KindCache<KubeObject>, 'run' | 'whenSettled'>[];
}

const cacheOfKind: Readonly<Record<string, keyof Caches>> = {
  '/Pod': 'pods',
  'apps/ReplicaSet': 'replicaSets',
  'apps/Deployment': 'deployments',
  'batch/Job': 'jobs',
  'discovery.k8s.io/EndpointSlice': 'slices',
};

/** How far the cache of a kind has come; kinds that are not cached count as seen. */
export function seenBy(caches: Caches): Seen {
  return ({ group, kind }: KindRef, namespace) => {
    const name = cacheOfKind[`${group}/${kind}`];
    return name === undefined ? undefined : caches[name].seenVersion(namespace);
  };
}
