/** When a revert is not for a machine to write, told before Git is asked. Pure. */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Release } from '../../crds/schema/release.ts';
import { instantOf } from '../git-sync/conditions.ts';
import type { RevertObserved } from './observed.ts';

export type EarlyEnd = { readonly phase: 'Refused' | 'Reported' | 'Superseded'; readonly message: string };

/** The end of a revert that needs no look at Git; undefined when it goes ahead. */
export function earlyEnd(observed: RevertObserved): EarlyEnd | undefined {
  const { revert, sync, clusterId } = observed;
  if (sync === undefined)
    return refused(`GitSync ${revert.spec.gitSync.name} is gone, so nobody's rights are left to write with.`);
  if (sync.spec.repository !== revert.spec.repository || sync.spec.branch !== revert.spec.branch) {
    return refused(`GitSync ${sync.metadata.name} follows another repository or branch now.`);
  }
  const commit = revert.spec.bad.commit.slice(0, 7);
  const bad = observed.releases.find((one) => one.metadata.name === revert.spec.bad.release);
  if (bad?.status?.phase === 'Candidate') {
    return {
      phase: 'Superseded',
      message: `Release ${bad.metadata.name} is tried again, so commit ${commit} is not reverted.`,
    };
  }
  return refusal(observed, bad, commit) ?? reported(observed, sync.spec.revert.authority, clusterId, commit);
}

function refused(message: string): EarlyEnd {
  return { phase: 'Refused', message };
}

function refusal(observed: RevertObserved, bad: Release | undefined, commit: string): EarlyEnd | undefined {
  const [name] = observed.protectedRollouts;
  if (name !== undefined)
    return refused(
      `Rollout ${name} carries the annotation no-auto-revert: revert commit ${commit} by hand if it should go.`,
    );
  const own = observed.siblings.find((one) => one.status?.commit === observed.revert.spec.bad.commit);
  if (own !== undefined) {
    return refused(
      `Commit ${commit} is itself the revert that ${own.metadata.name} wrote: a revert is never reverted by a machine.`,
    );
  }
  if (bad !== undefined && wasGoodBefore(bad, observed.releases)) {
    return refused(
      `The content of commit ${commit} was good in an earlier release, so its failure has another cause: look at the cluster before Git.`,
    );
  }
  return tooOld(observed, bad, commit);
}

function wasGoodBefore(bad: Release, releases: readonly Release[]): boolean {
  if (bad.status?.reason === 'GoodBefore') return true;
  return releases.some(
    (one) =>
      one.metadata.name !== bad.metadata.name && one.spec.digest === bad.spec.digest && one.status?.phase === 'Good',
  );
}

function tooOld(observed: RevertObserved, bad: Release | undefined, commit: string): EarlyEnd | undefined {
  const maxAge = observed.sync?.spec.revert.maxAge;
  const limitMs = maxAge === undefined ? undefined : parseDurationMs(maxAge);
  const started = instantOf(bad?.status?.startedAt ?? bad?.metadata.creationTimestamp);
  const failed = instantOf(observed.revert.metadata.creationTimestamp);
  if (limitMs === undefined || started === undefined || failed === undefined || failed - started <= limitMs)
    return undefined;
  return refused(
    `Commit ${commit} was released longer ago than spec.revert.maxAge ${maxAge} when it failed: revert it by hand if it should go.`,
  );
}

function reported(
  observed: RevertObserved,
  authority: string | undefined,
  clusterId: string,
  commit: string,
): EarlyEnd | undefined {
  if (authority !== undefined && authority !== clusterId) {
    return {
      phase: 'Reported',
      message: `Commit ${commit} failed in cluster ${clusterId}; only cluster ${authority} writes to this branch (spec.revert.authority).`,
    };
  }
  if (observed.revert.spec.mode === 'push') return undefined;
  return {
    phase: 'Reported',
    message: `Commit ${commit} failed and spec.revert.mode is ${observed.revert.spec.mode}: bring the branch back to ${observed.revert.spec.good.commit.slice(0, 7)} by hand.`,
  };
}
