/** Reading and changing the Releases of a GitSync. Pure. */

import type { Release, ReleaseStatus } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf, timeText } from './conditions.ts';
import type { GitSyncEffect } from './effects.ts';
import type { Observed } from './observed.ts';

export function findRelease(observed: Observed, name: string | undefined): Release | undefined {
  return name === undefined ? undefined : observed.releases.find((one) => one.metadata.name === name);
}

export function candidateRelease(observed: Observed): Release | undefined {
  return findRelease(observed, observed.sync.status?.candidate?.release);
}

/** Writes `change` over the Release's status; decided from exactly the version that was read. */
export function marking(
  release: Release,
  change: Partial<ReleaseStatus> & Pick<ReleaseStatus, 'phase'>,
): GitSyncEffect {
  return {
    kind: 'MarkRelease',
    release: release.metadata.name,
    resourceVersion: release.metadata.resourceVersion ?? '',
    status: { ...release.status, ...change },
  };
}

/** Back to the start: the candidate's times and failures of an earlier attempt are gone, what it was before is noted. */
export function markingCandidate(release: Release, now: Instant): GitSyncEffect {
  const before = release.status?.phase === 'Good' || release.status?.reason === 'GoodBefore';
  return {
    kind: 'MarkRelease',
    release: release.metadata.name,
    resourceVersion: release.metadata.resourceVersion ?? '',
    status: {
      phase: 'Candidate',
      startedAt: timeText(now),
      ...(before ? { reason: 'GoodBefore', message: 'This content was good in an earlier release.' } : {}),
    },
  };
}

/** Newest first, by the time they began; creation times have whole seconds only, so names decide between equals. */
export function newestFirst(releases: readonly Release[]): readonly Release[] {
  const startOf = (release: Release): Instant =>
    instantOf(release.status?.startedAt) ?? instantOf(release.metadata.creationTimestamp) ?? 0;
  return releases.toSorted((a, b) => startOf(b) - startOf(a) || (a.metadata.name < b.metadata.name ? -1 : 1));
}
