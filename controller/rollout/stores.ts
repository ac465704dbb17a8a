/** Which caches the rollout room needs, with their projections, and how changes of children find their Rollout. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { JsonObject, KindRef, KubeObject, Priority, Store, WorkQueue } from '../../kube/api.ts';
import type {
  AnalysisRunView,
  EndpointSliceView,
  PodView,
  ReplicaSetView,
  RolloutObject,
  ServiceView,
} from './observed.ts';

/** One cache that main must start. `optional`: leave it out when the kind is not served. */
export interface CacheNeed<T extends KubeObject> {
  readonly kind: KindRef;
  readonly labelSelector?: string;
  readonly optional?: boolean;
  readonly clusterScoped?: boolean;
  readonly project: (object: KubeObject & JsonObject) => T;
  readonly indexes: Readonly<Record<string, (object: T) => readonly string[]>>;
}

export interface RolloutStores {
  readonly rollouts: Store<RolloutObject>;
  readonly replicaSets: Store<ReplicaSetView>;
  /** Index `hash`: `namespace/podHash`. */
  readonly pods: Store<PodView>;
  readonly services: Store<ServiceView>;
  /** Index `service`: `namespace/name` of the Service. */
  readonly endpointSlices: Store<EndpointSliceView>;
  readonly analysisRuns: Store<AnalysisRunView>;
  readonly analysisTemplates: Store<KubeObject & JsonObject>;
  readonly clusterAnalysisTemplates: Store<KubeObject & JsonObject>;
  /** Index `rollout`: `namespace/name` of the Rollout. Undefined where the kind is not served. */
  readonly rolloutRuns: Store<RolloutRun & KubeObject> | undefined;
  /** Objects that routers write, by kind; a kind that is not served is absent. */
  readonly routes: ReadonlyMap<string, Store<KubeObject & JsonObject>>;
}

export type RolloutCacheNeeds = {
  readonly [K in Exclude<keyof RolloutStores, 'routes' | 'rolloutRuns'>]: CacheNeed<
    RolloutStores[K] extends Store<infer T> ? T : never
  >;
} & { readonly rolloutRuns: CacheNeed<RolloutRun & KubeObject>; readonly httpRoutes: CacheNeed<KubeObject & JsonObject> };

/** The caches to start, by the name under which `RolloutStores` wants them; put httpRoutes into `routes` under 'HTTPRoute'. */
export declare function rolloutCacheNeeds(dialect: Dialect): RolloutCacheNeeds;

/** Subscribes to all stores: a change of a child enqueues its Rollout, verdicts and aborts as urgent. Returns the undo. */
export declare function enqueueRollouts(stores: RolloutStores, dialect: Dialect, queue: WorkQueue): () => void;

export type { Priority };
export { keys };
