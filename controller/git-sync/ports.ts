/** What the git-sync and git-revert rooms are given by the composition root: clients, caches, clock, and the kinds whose caches must run. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import { ownGroup } from '../../crds/schema/dialect.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type {
  Clock,
  EventRecorder,
  JsonObject,
  KindRef,
  KubeClient,
  KubeObject,
  Leadership,
  Log,
  ReconcileResult,
  Store,
  WorkQueue,
} from '../../kube/api.ts';
import type { Source } from '../../source/contract.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import type { SetCheck } from './set-checks.ts';

/** The caches both rooms read. Release is projected: `spec.data` is left out (`releaseProjection`). */
export interface GitStores {
  readonly gitSyncs: Store<GitSync>;
  readonly releases: Store<Release>;
  readonly gitReverts: Store<GitRevert>;
  readonly rollouts: Store<Rollout>;
}

export interface GitDeps {
  readonly client: KubeClient;
  readonly stores: GitStores;
  readonly source: Source;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly leadership: Leadership;
  /** Name of this cluster; compared with `spec.revert.authority` and written into revert commits. */
  readonly clusterId: string;
  readonly routers: readonly TrafficRouter[];
  /** Bytes for the key of Secret digests, made once per namespace. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Whether `file://` repositories may be read; only the operator can allow them. */
  readonly allowFileRepositories: boolean;
  /** Author and committer of revert commits. */
  readonly author: { readonly name: string; readonly email: string };
  /** Further checks of a whole rendered set, such as the Rollout room's own validation; pure. */
  readonly checks?: readonly SetCheck[];
}

/** A room as the composition root sees it: `reconcile` takes `namespace/name`; `start` wires watches and background fetches to the queue. */
export interface GitRoom {
  reconcile(key: string): Promise<ReconcileResult>;
  /** Registers handlers on the stores; the returned function takes them off again and ends background work. */
  start(queue: WorkQueue): () => void;
}

export interface CachedKind {
  readonly kind: KindRef;
  readonly projection?: (object: KubeObject & JsonObject) => KubeObject & JsonObject;
}

/** The kinds that must be cached for both rooms, and how each is cut down. */
export function gitKinds(dialect: Dialect): readonly CachedKind[] {
  return [
    { kind: { group: ownGroup, kind: 'GitSync' } },
    { kind: { group: ownGroup, kind: 'Release' }, projection: releaseProjection },
    { kind: { group: ownGroup, kind: 'GitRevert' } },
    { kind: { group: dialect.group, kind: 'Rollout' } },
  ];
}

/** A Release without the rendered set, which can be 900 KiB: the ledger reads it live when it is needed. */
export function releaseProjection(object: KubeObject & JsonObject): KubeObject & JsonObject {
  const spec = object['spec'];
  if (!isJsonObject(spec)) return object;
  return { ...object, spec: { ...spec, data: '' } } as KubeObject & JsonObject;
}
