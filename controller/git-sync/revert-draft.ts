/** The GitRevert that a failed release asks for: everything that git-revert needs, in one record. Pure. */

import type { GitRevert, GitRevertSpec } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Observed } from './observed.ts';
import { revertName } from './names.ts';
import { bounded } from './problems.ts';
import { newestFirst } from './releases.ts';
import { asRollout, findRollout } from './rollout-state.ts';

/** The closure: the only paths that the render may read and a revert may touch. */
export function closureOf(sync: GitSync): string[] {
  return [...new Set([sync.spec.path, ...(sync.spec.alsoPaths ?? [])])];
}

/**
 * Name for the revert of `badCommit`: the one there is, unless it ended because Git had moved on, since then the commit came
 * back and failed once more.
 */
export function nextRevertName(sync: GitSync, badCommit: string, reverts: readonly GitRevert[]): string {
  const earlier = reverts.filter((one) => one.spec.bad.commit === badCommit);
  const over = earlier.filter((one) => one.status?.phase === 'Superseded').length;
  return revertName(sync.metadata.name, badCommit, over + 1);
}

/**
 * The release that brought the failed revision. Later commits of the same try may have changed other things beside it; a
 * revert of the last one would take those back too, so the merge starts from the first one since the last good release.
 */
export function introducedBy(observed: Observed, bad: Release): Release {
  const isFailed = (name: string, hash: string) =>
    (bad.status?.failed ?? []).some((one) => one.rollout === name && one.templateHash === hash);
  let first = bad;
  const older = newestFirst(observed.releases);
  for (const one of older.slice(older.findIndex((release) => release.metadata.name === bad.metadata.name) + 1)) {
    const hasFailed = (one.spec.rollouts ?? []).some((rollout) => isFailed(rollout.name, rollout.templateHash));
    if (one.metadata.name === observed.sync.status?.lastGood?.release || !hasFailed) break;
    first = one;
  }
  return first;
}

/** undefined when the release has no failure on record, or no good release to go back to is known. */
export function revertSpec(observed: Observed, bad: Release): GitRevertSpec | undefined {
  const { sync, clusterId } = observed;
  const good = sync.status?.lastGood;
  const failed = bad.status?.failed ?? [];
  const first = failed[0];
  if (good === undefined || first === undefined) return undefined;
  const live = findRollout(observed.rollouts, {
    name: first.rollout,
    namespace: first.namespace ?? sync.metadata.namespace ?? '',
    templateHash: first.templateHash,
  });
  const runName = live && asRollout(live).status?.runName;
  return {
    gitSync: { name: sync.metadata.name, uid: sync.metadata.uid ?? '' },
    repository: sync.spec.repository,
    branch: sync.spec.branch,
    paths: closureOf(sync),
    mode: sync.spec.revert.mode,
    bad: { commit: introducedBy(observed, bad).spec.commit, release: bad.metadata.name },
    good: { commit: good.commit, release: good.release, digest: good.digest },
    failed: [...failed],
    cause: first.cause,
    verdict: bounded(first.message, 500),
    clusterId,
    ...(first.actor === undefined ? {} : { actor: first.actor }),
    ...(runName === undefined ? {} : { runName }),
  };
}
