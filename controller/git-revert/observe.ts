/** All reads of the git-revert room: the records around a GitRevert, and what Git says, asked only when it can matter. */

import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf } from '../git-sync/conditions.ts';
import { annotationOf, labelOf } from '../git-sync/objects.ts';
import type { GitDeps } from '../git-sync/ports.ts';
import { asRollout } from '../git-sync/rollout-state.ts';
import type { Tenants } from '../git-sync/tenant.ts';
import { releasesOf } from './bad-release.ts';
import { needsExamination } from './decide.ts';
import { examine } from './examine.ts';
import { defaultLimits, type Failure, type LimitHit, limitHit } from './limits.ts';
import type { Examination, RevertObserved } from './observed.ts';

/** Kept in memory: losing it costs one more look at Git. */
export interface RevertMemory {
  failures: number;
  /** The examination that led to the recorded commit, so that the push follows at once. */
  ready?: { readonly examination: Extract<Examination, { kind: 'ready' }>; readonly at: Instant };
}

const readyForMs = 15_000;

export async function observe(
  revert: GitRevert,
  deps: GitDeps,
  tenants: Tenants,
  memory: RevertMemory,
  now: Instant,
): Promise<RevertObserved> {
  const { stores } = deps;
  const namespace = revert.metadata.namespace ?? '';
  const sync = stores.gitSyncs.get(namespace, revert.spec.gitSync.name);
  const blockedBy = writingNow(revert, stores.gitReverts.list(), now);
  const limit = limitOf(revert, deps, now);
  const releases = await releasesOf(revert, deps);
  const found = {
    revert,
    ...(sync !== undefined && sync.metadata.uid === revert.spec.gitSync.uid ? { sync } : {}),
    clusterId: deps.clusterId,
    releases: releases ?? [],
    ...(releases === undefined ? { isUnread: true } : {}),
    siblings: stores.gitReverts
      .list(namespace)
      .filter((one) => one.spec.gitSync.uid === revert.spec.gitSync.uid && one.metadata.uid !== revert.metadata.uid),
    protectedRollouts: protectedRollouts(revert, deps),
    ...(blockedBy === undefined ? {} : { blockedBy }),
    ...(limit === undefined ? {} : { limit }),
    failures: memory.failures,
  };
  if (!needsExamination(found, now) || found.sync === undefined) return { ...found, examination: { kind: 'none' } };
  const { status } = revert;
  const kept = memory.ready;
  if (
    kept !== undefined &&
    now - kept.at < readyForMs &&
    kept.examination.commit === status?.commit &&
    kept.examination.tip === status.tip
  ) {
    // One push per look: after a lost race the branch must be read anew.
    delete memory.ready;
    return { ...found, examination: kept.examination };
  }
  const bad = found.releases.find((one) => one.metadata.name === revert.spec.bad.release);
  const examination = await examine({ revert, sync: found.sync, deps, tenants, ...(bad === undefined ? {} : { bad }) });
  if (examination.kind === 'ready') memory.ready = { examination, at: now };
  memory.failures = examination.kind === 'fault' ? memory.failures + 1 : 0;
  return { ...found, examination };
}

function limitOf(revert: GitRevert, deps: GitDeps, now: Instant): LimitHit | undefined {
  if (revert.metadata.annotations?.[deps.keys.proceed] === 'true') return undefined;
  const reverts = deps.stores.gitReverts.list();
  return limitHit({ revert, reverts, failures: failuresOf(deps), limits: deps.limits ?? defaultLimits }, now);
}

/** Releases that failed by themselves, and failed Rollouts that no GitSync applied. */
function failuresOf(deps: GitDeps): readonly Failure[] {
  const releases = deps.stores.releases.list().flatMap((one) => {
    const at = one.status?.phase === 'Bad' ? instantOf(one.status.finishedAt) : undefined;
    const byPerson = (one.status?.failed ?? []).every((failed) => failed.cause === 'AbortedByUser');
    return at === undefined || byPerson ? [] : [{ owner: one.spec.gitSync.uid, at }];
  });
  const rollouts = deps.stores.rollouts.list().flatMap((one) => {
    const { verdict } = asRollout(one).status ?? {};
    const at = instantOf(verdict?.at);
    const isOwn = labelOf(one, deps.keys.gitSync) !== undefined || verdict?.cause === 'AbortedByUser';
    return at === undefined || isOwn ? [] : [{ owner: one.metadata.uid ?? '', at }];
  });
  return [...releases, ...rollouts];
}

function protectedRollouts(revert: GitRevert, deps: GitDeps): readonly string[] {
  const namespace = revert.metadata.namespace ?? '';
  return revert.spec.failed
    .filter((one) => {
      const live = deps.stores.rollouts.get(one.namespace ?? namespace, one.rollout);
      return live !== undefined && annotationOf(live, deps.keys.noAutoRevert) === 'true';
    })
    .map((one) => one.rollout);
}

/**
 * One writer at a time: an older revert whose commit is made and is being pushed now goes first, so that its push is no lost
 * race for this one. One that waits (for its back-off, a right, a person) holds nothing: the branch is no queue by age.
 */
function writingNow(revert: GitRevert, all: readonly GitRevert[], now: Instant): string | undefined {
  const rank = (one: GitRevert): string =>
    `${one.metadata.creationTimestamp ?? ''}/${one.metadata.namespace ?? ''}/${one.metadata.name}`;
  const older = all.find(
    (one) =>
      one.metadata.uid !== revert.metadata.uid &&
      one.spec.repository === revert.spec.repository &&
      one.spec.branch === revert.spec.branch &&
      one.spec.mode === 'push' &&
      one.metadata.deletionTimestamp === undefined &&
      one.status?.phase === 'Computed' &&
      (instantOf(one.status.nextAttemptAt) ?? 0) <= now &&
      rank(one) < rank(revert),
  );
  return older?.metadata.name;
}
