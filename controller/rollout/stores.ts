/** Which caches the rollout room needs, with their projections, and how changes of children find their Rollout. */

import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import { type Dialect, ownGroup } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { type WorkloadKind, workloadKinds } from '../../crds/schema/workload-ref.ts';
import type { JsonObject, KindRef, KubeObject, Priority, Store, StoreChange, WorkQueue } from '../../kube/api.ts';
import { keyOf, kindOf, queueKey } from '../../kube/ref.ts';
import type {
  AnalysisRunView,
  EndpointSliceView,
  PodView,
  ReplicaSetView,
  RolloutObject,
  ServiceView,
} from './observed.ts';
import { routeKindId, routeKinds } from '../traffic/route-kinds.ts';
import { referencesOf, routeReference } from './references.ts';
import type { GitRevertObject } from './revert-record.ts';
import { namedTemplates, namesIndex, withDependents } from './template-dependents.ts';
import { templateDigest } from './template-digest.ts';
import { endpointSliceView, podView, replicaSetView, serviceView } from './views.ts';
import { workloadKey, type WorkloadStores } from './workload.ts';
import { type WorkloadView, workloadView } from './workload-view.ts';

/** One cache that main must start. `optional`: the kind may be not served; then its store stays empty. */
export interface CacheNeed<T extends KubeObject> {
  readonly kind: KindRef;
  readonly labelSelector?: string;
  readonly optional?: boolean;
  readonly clusterScoped?: boolean;
  readonly project: (object: KubeObject & JsonObject) => T;
  readonly indexes: Readonly<Record<string, (object: T) => readonly string[]>>;
}

export type RolloutRunObject = RolloutRun & KubeObject;

export interface RolloutStores {
  /** Indexes `service`, `route`, `template`, `preset`, `workload`: what a Rollout refers to, as `namespace/name` (what is of the cluster as `name`). */
  readonly rollouts: Store<RolloutObject>;
  readonly replicaSets: Store<ReplicaSetView>;
  /** Index `hash`: `namespace/podHash`. */
  readonly pods: Store<PodView>;
  readonly services: Store<ServiceView>;
  /** Index `service`: `namespace/name` of the Service. */
  readonly endpointSlices: Store<EndpointSliceView>;
  readonly analysisRuns: Store<AnalysisRunView & KubeObject>;
  readonly experiments: Store<KubeObject & JsonObject>;
  readonly analysisTemplates: Store<KubeObject & JsonObject>;
  readonly clusterAnalysisTemplates: Store<KubeObject & JsonObject>;
  readonly strategyPresets: Store<KubeObject & JsonObject>;
  readonly clusterStrategyPresets: Store<KubeObject & JsonObject>;
  /** Index `rollout`: `namespace/name` of the Rollout. */
  readonly rolloutRuns: Store<RolloutRunObject>;
  /** What Rollouts may take their pod template from. */
  readonly workloads: WorkloadStores;
  /** Objects that routers read and write, by `routeKindId`; the store of a kind that is not served is empty. */
  readonly routes: ReadonlyMap<string, Store<KubeObject & JsonObject>>;
}

export interface RolloutCacheNeeds {
  readonly rollouts: CacheNeed<RolloutObject>;
  readonly replicaSets: CacheNeed<ReplicaSetView>;
  readonly pods: CacheNeed<PodView>;
  readonly services: CacheNeed<ServiceView>;
  readonly endpointSlices: CacheNeed<EndpointSliceView>;
  readonly analysisRuns: CacheNeed<AnalysisRunView & KubeObject>;
  readonly experiments: CacheNeed<KubeObject & JsonObject>;
  readonly analysisTemplates: CacheNeed<KubeObject & JsonObject>;
  readonly clusterAnalysisTemplates: CacheNeed<KubeObject & JsonObject>;
  readonly strategyPresets: CacheNeed<KubeObject & JsonObject>;
  readonly clusterStrategyPresets: CacheNeed<KubeObject & JsonObject>;
  readonly rolloutRuns: CacheNeed<RolloutRunObject>;
  readonly workloads: Readonly<Record<WorkloadKind, CacheNeed<WorkloadView>>>;
  readonly routes: readonly CacheNeed<KubeObject & JsonObject>[];
}

const whole = (object: KubeObject & JsonObject) => object;

/** What an object is known by in an index: a name in its namespace. */
function besides({ metadata }: KubeObject, name: string): string {
  return queueKey({ ...metadata, name });
}

/** The caches to start, by the name under which `RolloutStores` wants them; of Rollouts and runs only those served by `instanceId`. */
export function rolloutCacheNeeds(dialect: Dialect, instanceId = ''): RolloutCacheNeeds {
  const known = keys(dialect);
  const hash = known.podTemplateHash;
  // A controller without an id leaves what is labelled to the others, as theirs leave the rest to it.
  const served = instanceId === '' ? `!${known.instanceId}` : `${known.instanceId}=${instanceId}`;
  const { group } = dialect;
  const template = (kind: string) => ({
    kind: { group, kind },
    project: whole,
    indexes: { [namesIndex]: namedTemplates },
  });
  return {
    rollouts: {
      kind: { group, kind: 'Rollout' },
      labelSelector: served,
      project: whole,
      indexes: {
        service: (one) => referencesOf(one).services,
        route: (one) => referencesOf(one).routes,
        template: (one) => referencesOf(one).templates,
        preset: (one) => referencesOf(one).presets,
        workload: (one) => referencesOf(one).workloads,
      },
    },
    replicaSets: {
      kind: { group: 'apps', kind: 'ReplicaSet' },
      labelSelector: hash,
      project: (raw) => ({ ...replicaSetView(raw, hash), templateDigest: templateDigest(raw, known) }),
      indexes: { hash: (one) => [besides(one, one.podHash)] },
    },
    pods: {
      kind: { group: '', kind: 'Pod' },
      labelSelector: hash,
      project: (raw) => podView(raw, hash),
      indexes: { hash: (one) => [besides(one, one.podHash)] },
    },
    services: { kind: { group: '', kind: 'Service' }, project: serviceView, indexes: {} },
    endpointSlices: {
      kind: { group: 'discovery.k8s.io', kind: 'EndpointSlice' },
      project: endpointSliceView,
      indexes: { service: (one) => [besides(one, one.service)] },
    },
    // The API server validated it against the CRD that was made from the schema of this type.
    analysisRuns: {
      kind: { group, kind: 'AnalysisRun' },
      labelSelector: served,
      project: (raw) => raw as unknown as AnalysisRunView & KubeObject,
      indexes: {},
    },
    experiments: { kind: { group, kind: 'Experiment' }, labelSelector: served, project: whole, indexes: {} },
    analysisTemplates: template('AnalysisTemplate'),
    clusterAnalysisTemplates: { ...template('ClusterAnalysisTemplate'), clusterScoped: true },
    ...presetNeeds(),
    rolloutRuns: {
      kind: { group: ownGroup, kind: 'RolloutRun' },
      project: (raw) => runView(raw as unknown as RolloutRunObject),
      indexes: { rollout: (one) => [besides(one, one.spec.rollout.name)] },
    },
    workloads: workloadNeeds(hash),
    routes: routeKinds.map(optionalNeed),
  };
}

function optionalNeed({ group, kind }: KindRef): CacheNeed<KubeObject & JsonObject> {
  return { kind: { group, kind }, optional: true, project: whole, indexes: {} };
}

function presetNeeds(): Pick<RolloutCacheNeeds, 'strategyPresets' | 'clusterStrategyPresets'> {
  const cluster = { ...presetNeed('ClusterStrategyPreset'), clusterScoped: true };
  return { strategyPresets: presetNeed('StrategyPreset'), clusterStrategyPresets: cluster };
}

function presetNeed(kind: string): CacheNeed<KubeObject & JsonObject> {
  return optionalNeed({ group: ownGroup, kind });
}

function workloadNeeds(hash: string): RolloutCacheNeeds['workloads'] {
  const need = (kind: WorkloadKind): CacheNeed<WorkloadView> => {
    const [group = ''] = workloadKinds[kind].split('/').slice(0, -1);
    return { kind: { group, kind }, project: workloadView, indexes: {} };
  };
  // ReplicaSets of Rollouts have a cache of their own.
  const others = { ...need('ReplicaSet'), labelSelector: `!${hash}` };
  return { Deployment: need('Deployment'), ReplicaSet: others, PodTemplate: need('PodTemplate') };
}

/** Of finished runs only what a later release may ask for: what it was and how it ended. */
function runView(run: RolloutRunObject): RolloutRunObject {
  if (run.status?.finishedAt === undefined) return run;
  const { entries: _entries, ...status } = run.status;
  return { ...run, status };
}

type Enqueue = (key: string, priority?: Priority) => void;

/** The stores of the caches that `add` makes, one for each need. */
export function rolloutStores(
  needs: RolloutCacheNeeds,
  add: <T extends KubeObject>(need: CacheNeed<T>) => Store<T>,
): RolloutStores {
  return {
    rollouts: add(needs.rollouts),
    replicaSets: add(needs.replicaSets),
    pods: add(needs.pods),
    services: add(needs.services),
    endpointSlices: add(needs.endpointSlices),
    analysisRuns: add(needs.analysisRuns),
    experiments: add(needs.experiments),
    analysisTemplates: add(needs.analysisTemplates),
    clusterAnalysisTemplates: add(needs.clusterAnalysisTemplates),
    strategyPresets: add(needs.strategyPresets),
    clusterStrategyPresets: add(needs.clusterStrategyPresets),
    rolloutRuns: add(needs.rolloutRuns),
    workloads: {
      Deployment: add(needs.workloads.Deployment),
      ReplicaSet: add(needs.workloads.ReplicaSet),
      PodTemplate: add(needs.workloads.PodTemplate),
    },
    routes: new Map(needs.routes.map((need) => [routeKindId(need.kind), add(need)])),
  };
}

/** Enqueues every Rollout once, and again when it or a child changes; verdicts and aborts as urgent. Returns the undo. */
export function enqueueRollouts(
  stores: RolloutStores,
  dialect: Dialect,
  queue: WorkQueue,
  gitReverts?: Store<GitRevertObject>,
): () => void {
  const enqueue: Enqueue = (key, priority = 'normal') => queue.add(key, { priority });
  const byIndex = (index: string, value: string) => {
    for (const rollout of stores.rollouts.byIndex(index, value)) enqueue(queueKey(rollout.metadata));
  };
  const nameOf = (object: KubeObject) => queueKey(object.metadata);
  const undo = [
    stores.rollouts.onChange((change) => enqueue(nameOf(change.object), rolloutPriority(change, dialect))),
    stores.replicaSets.onChange(({ object }) => enqueueOwner(object, dialect, enqueue)),
    stores.analysisRuns.onChange(({ object }) =>
      enqueueOwner(object, dialect, enqueue, object.status?.phase === 'Failed' ? 'urgent' : 'normal'),
    ),
    stores.experiments.onChange(({ object }) => enqueueOwner(object, dialect, enqueue)),
    stores.rolloutRuns.onChange((change) => {
      enqueueStatusHalf(change, enqueue);
      if (change.kind !== 'deleted') for (const key of leftBehind(stores, [change.object])) enqueue(key);
    }),
    stores.pods.onChange((change) => enqueuePod(stores, dialect, change, enqueue)),
    stores.services.onChange(({ object }) => byIndex('service', nameOf(object))),
    stores.endpointSlices.onChange(({ object }) => byIndex('service', besides(object, object.service))),
    ...Object.values(stores.workloads).map((store) =>
      store.onChange(({ object: { kind, metadata } }) => byIndex('workload', workloadKey(kind, metadata))),
    ),
    ...[stores.analysisTemplates, stores.clusterAnalysisTemplates].map((store) =>
      store.onChange(({ object }) => {
        for (const id of withDependents(stores, object)) byIndex('template', id);
      }),
    ),
    stores.strategyPresets.onChange(({ object }) => byIndex('preset', nameOf(object))),
    stores.clusterStrategyPresets.onChange(({ object }) => byIndex('preset', object.metadata.name)),
    ...[...stores.routes.values()].map((store) =>
      store.onChange(({ object }) => {
        byIndex('route', routeReference(kindOf(object), object.metadata));
      }),
    ),
  ];
  if (gitReverts) undo.push(gitReverts.onChange(({ object }) => enqueueRecorded(stores, object, enqueue)));
  for (const rollout of stores.rollouts.list()) enqueue(queueKey(rollout.metadata));
  for (const key of leftBehind(stores, stores.rolloutRuns.list())) enqueue(key);
  return () => {
    for (const one of undo) one();
  };
}

/** Keys of Rollouts that were deleted in the middle of a release: their run is open. */
function leftBehind(stores: RolloutStores, runs: readonly RolloutRunObject[]): readonly string[] {
  return runs.flatMap(({ status, metadata: { namespace = '' }, spec: { rollout } }) =>
    status?.finishedAt === undefined && stores.rollouts.get(namespace, rollout.name) === undefined
      ? [`${namespace}/${rollout.name}`]
      : [],
  );
}

function rolloutPriority(change: StoreChange<RolloutObject>, dialect: Dialect): Priority {
  const { status, metadata } = change.object as RolloutObject & { status?: { abort?: boolean; abortedAt?: string } };
  const isAbort = status?.abort === true || metadata.annotations?.[keys(dialect).command] === 'abort';
  return isAbort ? 'urgent' : 'normal';
}

/** In argoproj.io a part of the status stands in the RolloutRun: an intent that is recorded there alone is acted on as well. */
function enqueueStatusHalf({ object, old }: StoreChange<RolloutRunObject>, enqueue: Enqueue): void {
  if (JSON.stringify(object.status?.recorded) === JSON.stringify(old?.status?.recorded)) return;
  enqueue(besides(object, object.spec.rollout.name));
}

function enqueueOwner(object: KubeObject, dialect: Dialect, enqueue: Enqueue, priority?: Priority): void {
  const owner = object.metadata.ownerReferences?.find((one) => one.controller === true);
  if (owner?.kind !== 'Rollout' || !owner.apiVersion.startsWith(`${dialect.group}/`)) return;
  enqueue(besides(object, owner.name), priority);
}

function enqueueRecorded(stores: RolloutStores, revert: GitRevertObject, enqueue: Enqueue): void {
  const { namespace } = keyOf(revert);
  const { runName } = revert.spec;
  const run = runName === undefined ? undefined : stores.rolloutRuns.get(namespace, runName);
  if (run !== undefined) enqueue(besides(run, run.spec.rollout.name), 'low');
}

/**
 * For all that a pass reads of a pod, its being known among it: each kind has a watch of its own, and an EndpointSlice may be
 * seen before the pod that it names.
 */
function enqueuePod(
  stores: RolloutStores,
  dialect: Dialect,
  { kind, object, old }: StoreChange<PodView>,
  enqueue: Enqueue,
): void {
  if (kind === 'updated' && old !== undefined && seenOf(object) === seenOf(old)) return;
  for (const set of stores.replicaSets.byIndex('hash', besides(object, object.podHash)))
    enqueueOwner(set, dialect, enqueue);
}

function seenOf({ podHash, ready, leaving, troubles }: PodView): string {
  return JSON.stringify([podHash, ready, leaving, troubles]);
}
