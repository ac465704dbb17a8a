/** One Rollout with everything around it, read out of S(rv): ReplicaSets, ready pods, Services, routes, analysis runs. */

import {
  abortDrainMs,
  blueGreenAbortDelayMs,
  blueGreenDelayMs,
  desiredReplicas,
  maxTrafficWeight,
  promotionDrainMs,
  rollingLimits,
} from '../../../crds/schema/defaults.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { keys as keysOf } from '../../../crds/schema/keys.ts';
import type { Rollout } from '../../../crds/schema/rollout.ts';
import { servicesOf } from '../../../crds/schema/services-of.ts';
import type { Steps } from './capacity.ts';
import type { Cluster } from './cluster.ts';
import { labelOf, listOf, numberOf, objectOf, ownerUidOf, textOf, valueAt } from './read-json.ts';
import { type CanaryShare, canaryShare, type RoutesView, routesOf } from './routes.ts';

/** The observer reads the kinds of group tidegate.io. */
export const keys = keysOf(tidegateDialect);

export type Counts = Readonly<Record<string, number>>;

export interface SetView {
  readonly hash: string;
  readonly name: string;
  readonly uid: string;
  /** spec.replicas. */
  readonly replicas: number;
}

export interface ServiceRole {
  readonly name: string;
  /** Value of the hash key in the selector; undefined when it has none. */
  readonly hash: string | undefined;
  /** Ready endpoints by the revision of their pods. */
  readonly ready: Counts;
}

export interface RolloutView {
  readonly at: number;
  readonly rv: number;
  /** `namespace/name`, for sentences. */
  readonly text: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly status: JsonObject;
  readonly replicas: number;
  readonly total: number;
  readonly steps: Steps;
  readonly stepIndex: number;
  readonly current: string | undefined;
  readonly stable: string | undefined;
  /** Kind of the recorded transition. */
  readonly transition: string | undefined;
  readonly transitionTo: string | undefined;
  readonly isAborted: boolean;
  readonly attempt: number;
  readonly sets: ReadonlyMap<string, SetView>;
  /** Ready pods by revision, leaving ones left out. */
  readonly ready: Counts;
  readonly stableService: ServiceRole | undefined;
  readonly canaryService: ServiceRole | undefined;
  /** The stable Service is the active one, the canary Service the preview one. */
  readonly isBlueGreen: boolean;
  readonly routes: RoutesView | undefined;
  /** Of `total`, as written now. */
  readonly share: CanaryShare | undefined;
  readonly runs: readonly JsonObject[];
  readonly promotionDrainMs: number;
  readonly abortDrainMs: number | 'keep';
  readonly maxUnavailable: number;
}

export function rolloutView(object: JsonObject, cluster: Cluster, at: number): RolloutView {
  const namespace = textOf(object, 'metadata', 'namespace') ?? '';
  const name = textOf(object, 'metadata', 'name') ?? '';
  const uid = textOf(object, 'metadata', 'uid') ?? '';
  const rollout = object as unknown as Rollout;
  const status = objectOf(object, 'status');
  const canary = objectOf(object, 'spec', 'strategy', 'canary');
  const sets = setsOf(uid, namespace, cluster);
  const routes = routesOf(object, cluster);
  const total = maxTrafficWeight(rollout);
  const share = routes === undefined ? undefined : canaryShare(routes, total);
  const blueGreen = rollout.spec.strategy?.blueGreen;
  const services = servicesOf(rollout);
  const role = (name: string | undefined) => serviceRole(name, namespace, cluster);
  return {
    at,
    rv: cluster.rv,
    text: `Rollout ${namespace}/${name}`,
    uid,
    namespace,
    name,
    object,
    status,
    replicas: desiredReplicas(rollout),
    total,
    steps: listOf(canary, 'steps'),
    stepIndex: numberOf(status, 'currentStepIndex') ?? 0,
    current: textOf(status, 'currentPodHash'),
    stable: textOf(status, 'stableRS'),
    transition: textOf(status, 'transition', 'kind'),
    transitionTo: textOf(status, 'transition', 'to'),
    isAborted: textOf(status, 'abortedAt') !== undefined,
    attempt: numberOf(status, 'attempt') ?? 1,
    sets,
    ready: readyPods(sets, namespace, cluster),
    stableService: role(services.stable),
    canaryService: role(services.canary),
    isBlueGreen: blueGreen !== undefined,
    routes,
    share,
    runs: cluster.list('AnalysisRun', namespace).filter((run) => ownerUidOf(run) === uid),
    promotionDrainMs: blueGreen ? blueGreenDelayMs(blueGreen) : promotionDrainMs(rollout, tidegateDialect),
    abortDrainMs: blueGreen ? blueGreenAbortDelayMs(blueGreen) : abortDrainMs(rollout, tidegateDialect),
    maxUnavailable: rollingLimits(rollout).maxUnavailable,
  };
}

function setsOf(uid: string, namespace: string, cluster: Cluster): ReadonlyMap<string, SetView> {
  const sets = cluster.list('ReplicaSet', namespace).filter((set) => ownerUidOf(set) === uid);
  return new Map(
    sets.map((set) => {
      const hash = labelOf(set, keys.podTemplateHash) ?? '';
      const replicas = numberOf(set, 'spec', 'replicas') ?? 1;
      return [hash, { hash, name: textOf(set, 'metadata', 'name') ?? '', uid: uidOf(set), replicas }];
    }),
  );
}

export function uidOf(object: JsonObject | undefined): string {
  return textOf(object, 'metadata', 'uid') ?? '';
}

function isReady(pod: JsonObject): boolean {
  const isLeaving = valueAt(pod, 'metadata', 'deletionTimestamp') !== undefined;
  return (
    !isLeaving && listOf(pod, 'status', 'conditions').some((one) => one['type'] === 'Ready' && one['status'] === 'True')
  );
}

function readyPods(sets: ReadonlyMap<string, SetView>, namespace: string, cluster: Cluster): Counts {
  const hashOf = new Map([...sets.values()].map((set) => [set.uid, set.hash]));
  const counts: Record<string, number> = {};
  for (const pod of cluster.list('Pod', namespace)) {
    const hash = hashOf.get(ownerUidOf(pod) ?? '');
    if (hash !== undefined && isReady(pod)) counts[hash] = (counts[hash] ?? 0) + 1;
  }
  return counts;
}

function serviceRole(name: string | undefined, namespace: string, cluster: Cluster): ServiceRole | undefined {
  const service = name === undefined ? undefined : cluster.get('Service', namespace, name);
  if (name === undefined || service === undefined) return undefined;
  const hash = textOf(service, 'spec', 'selector', keys.podTemplateHash);
  return { name, hash, ready: readyEndpoints(name, namespace, cluster) };
}

/** An endpoint without `ready` is ready; a pod in two slices counts once. */
function readyEndpoints(service: string, namespace: string, cluster: Cluster): Counts {
  const slices = cluster
    .list('EndpointSlice', namespace)
    .filter((slice) => labelOf(slice, 'kubernetes.io/service-name') === service);
  const ready = slices
    .flatMap((slice) => listOf(slice, 'endpoints'))
    .filter((one) => valueAt(one, 'conditions', 'ready') !== false)
    .filter((one) => valueAt(one, 'conditions', 'terminating') !== true);
  const counts: Record<string, number> = {};
  for (const pod of new Set(ready.map((one) => textOf(one, 'targetRef', 'name') ?? ''))) {
    const hash = labelOf(cluster.get('Pod', namespace, pod), keys.podTemplateHash) ?? '';
    counts[hash] = (counts[hash] ?? 0) + 1;
  }
  return counts;
}

/** Kinds whose commits may change a view. */
export const watchedKinds: ReadonlySet<string> = new Set([
  'Rollout',
  'ReplicaSet',
  'Pod',
  'Service',
  'EndpointSlice',
  'HTTPRoute',
  'AnalysisRun',
]);
