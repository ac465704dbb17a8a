/** Every cache that the rooms read, one per kind however many rooms share it, and the views in which each room sees them. */

import type { Dialect } from '../crds/schema/dialect.ts';
import { keys } from '../crds/schema/keys.ts';
import type { Clock, KindRef, KubeObject, Log, Store, Transport } from '../kube/api.ts';
import { type KindCache, watchKind } from '../kube/cache/cache.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { Seen } from '../kube/own-writes.ts';
import { type JobView, jobView } from './analysis-run/job-view.ts';
import type { AnalysisRunObject } from './analysis-run/reconciler.ts';
import { type GitStores, gitCacheNeeds } from './git-sync/ports.ts';
import { type CacheNeed, type RolloutStores, rolloutCacheNeeds, rolloutStores } from './rollout/stores.ts';

export interface CacheOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly dialect: Dialect;
  readonly namespaces: readonly string[];
  /** Only objects with this instance id label; empty or absent: only those without the label. */
  readonly instanceId?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

export interface Caches {
  readonly rollout: RolloutStores;
  readonly git: GitStores;
  readonly analysisRuns: Store<AnalysisRunObject>;
  /** Index `run`: uid of the AnalysisRun whose measurement it is. */
  readonly analysisJobs: Store<JobView>;
  /** Feeds all caches until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  whenSettled(signal: AbortSignal): Promise<void>;
  /** Up to which resourceVersion the cache of a kind is complete. */
  readonly seen: Seen;
  /** Kinds whose first list has not come yet. */
  unsynced(): readonly string[];
}

/** Kinds of two groups may share a name. */
function cacheId({ group, kind }: KindRef): string {
  return group === '' ? kind : `${group}/${kind}`;
}

type Need<T extends KubeObject> = Omit<CacheNeed<T>, 'indexes'> & Partial<Pick<CacheNeed<T>, 'indexes'>>;

export function startableCaches(options: CacheOptions): Caches {
  const all = new Map<string, KindCache<KubeObject>>();
  const add = <T extends KubeObject>(need: Need<T>): Store<T> => {
    const base = { kind: need.kind, project: need.project, indexes: need.indexes ?? {} };
    const selector = need.labelSelector === undefined ? {} : { labelSelector: need.labelSelector };
    const scope = need.clusterScoped ? {} : { namespaces: options.namespaces };
    const { transport, discovery, clock, log, random } = options;
    const cache = watchKind<T>({ transport, discovery, clock, log, random, ...base, ...selector, ...scope });
    const id = cacheId(need.kind);
    // The first cache of a kind is the one that shows own writes; a further one holds other objects of it.
    all.set(all.has(id) ? `${id} (${need.labelSelector ?? ''})` : id, cache as unknown as KindCache<KubeObject>);
    return cache.store;
  };
  const needs = rolloutCacheNeeds(options.dialect, options.instanceId);
  const rollout = rolloutStores(needs, add);
  const git: GitStores = {
    gitSyncs: add(gitCacheNeeds.gitSyncs),
    releases: add(gitCacheNeeds.releases),
    gitReverts: add(gitCacheNeeds.gitReverts),
    rollouts: rollout.rollouts,
    rolloutRuns: rollout.rolloutRuns,
    analysisRuns: rollout.analysisRuns,
    analysisTemplates: rollout.analysisTemplates,
    clusterAnalysisTemplates: rollout.clusterAnalysisTemplates,
  };
  const known = keys(options.dialect);
  const analysisJobs = add<JobView>({
    kind: { group: 'batch', kind: 'Job' },
    labelSelector: known.analysisRunUid,
    project: (raw) => jobView(raw, known),
    indexes: { run: (job) => [job.runUid] },
  });
  const caches = () => [...all.values()];
  return {
    rollout,
    git,
    analysisJobs,
    analysisRuns: rollout.analysisRuns as unknown as Store<AnalysisRunObject>,
    seen: (kind, namespace) => all.get(cacheId(kind))?.seenVersion(namespace),
    run: async (signal) => void (await Promise.all(caches().map((cache) => cache.run(signal)))),
    whenSettled: async (signal) => void (await Promise.all(caches().map((cache) => cache.whenSettled(signal)))),
    unsynced: () => [...all].filter(([, cache]) => !cache.settled()).map(([kind]) => kind),
  };
}
