/** What the git-sync and git-revert rooms are given by the composition root: clients, caches, clock; and which caches must run. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import { ownGroup } from '../../crds/schema/dialect.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
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
import type { AnalysisRunView } from '../rollout/observed.ts';
import type { RevertLimits } from '../git-revert/limits.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import type { SetCheck } from './set-checks.ts';

/** The caches both rooms read. Release is projected: `spec.data` is left out (`releaseProjection`). */
export interface GitStores {
  readonly gitSyncs: Store<GitSync>;
  readonly releases: Store<Release>;
  readonly gitReverts: Store<GitRevert>;
  /** Whole: the cache of the rollout room serves. */
  readonly rollouts: Store<KubeObject & JsonObject>;
  /** Index `rollout`: `namespace/name`. Read in argoproj.io, where verdicts stand in the record instead of the status. */
  readonly rolloutRuns: Store<RolloutRun & KubeObject>;
  readonly analysisRuns: Store<AnalysisRunView & KubeObject>;
  readonly analysisTemplates: Store<KubeObject & JsonObject>;
  readonly clusterAnalysisTemplates: Store<KubeObject & JsonObject>;
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
  /** How many reverts may be written by machine; the defaults of limits.ts without it. */
  readonly limits?: RevertLimits;
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

/** The git-sync room also takes hints: the GitSyncs of this repository and branch look at once. */
export interface HintedRoom extends GitRoom {
  hint(hint: { readonly repository: string; readonly branch: string }): void;
}

/** One cache that main must start: its kind, and how each object is cut down. */
export interface GitCacheNeed<T extends KubeObject> {
  readonly kind: KindRef;
  readonly project: (object: KubeObject & JsonObject) => T;
}

/**
 * The caches to start beside the rollout room's. The server validated the objects against CRDs that are generated from the same
 * schemas, so they are narrowed without parsing them again.
 */
export const gitCacheNeeds: {
  readonly gitSyncs: GitCacheNeed<GitSync>;
  readonly releases: GitCacheNeed<Release>;
  readonly gitReverts: GitCacheNeed<GitRevert>;
} = {
  gitSyncs: { kind: { group: ownGroup, kind: 'GitSync' }, project: (object) => object as unknown as GitSync },
  releases: { kind: { group: ownGroup, kind: 'Release' }, project: withoutData },
  gitReverts: { kind: { group: ownGroup, kind: 'GitRevert' }, project: (object) => object as unknown as GitRevert },
};

/** A Release without the rendered set, which can be 900 KiB: the ledger reads it live when it is needed. */
function withoutData(object: KubeObject & JsonObject): Release {
  const release = object as unknown as Release;
  return { ...release, spec: { ...release.spec, data: release.spec.data ? 'kept' : '' } };
}
