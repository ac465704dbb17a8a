/** Somebody retried a failed Rollout: its release becomes the candidate again, so that its whole set is applied. Pure. */

import type { Release } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf, timeText } from './conditions.ts';
import {
  acting,
  conditioned,
  type Draft,
  normalFact,
  recorded,
  unconditioned,
  withPhase,
  withStatus,
} from './draft.ts';
import type { Manifest } from './objects.ts';
import { homeOf, type Observed } from './observed.ts';
import { quarantineWithout } from './quarantine.ts';
import { findRelease, markingCandidate } from './releases.ts';
import { asRollout, findRollout, isSeen, rolloutState, rolloutsOfRelease } from './rollout-state.ts';

export function retrying(observed: Observed, draft: Draft, now: Instant): Draft {
  const name = draft.status.restore?.release;
  const release = findRelease(observed, name);
  if (release === undefined || draft.status.candidate !== undefined) return draft;
  if (release.status?.phase === 'Candidate') return recordingRetry(observed, draft, release, now);
  if (release.status?.phase !== 'Bad' || !isRetried(observed, release)) return draft;
  // With the revert in Git already there is nothing that the release could follow.
  if (observed.source.tip?.digest === draft.status.lastGood?.digest) return draft;
  const text = `Release ${release.metadata.name} is tried again, because a Rollout of it was retried.`;
  return acting(
    withPhase(draft, 'Applying', text),
    [markingCandidate(release, now)],
    normalFact('ReleaseRetried', now, text),
  );
}

function recordingRetry(observed: Observed, draft: Draft, release: Release, now: Instant): Draft {
  const { restore: _restore, held: _held, ...rest } = draft.status;
  const next = withStatus(
    { ...draft, status: rest },
    {
      candidate: {
        release: release.metadata.name,
        commit: release.spec.commit,
        digest: release.spec.digest,
        since: timeText(now),
      },
      quarantine: quarantineWithout(draft.status.quarantine ?? [], rolloutsOfRelease(release), homeOf(observed)),
    },
  );
  const text = `Release ${release.metadata.name} is tried again.`;
  const unknown = conditioned(
    unconditioned(next, 'GitAhead'),
    { type: 'GitInSync', status: 'Unknown', reason: 'Retrying', message: text },
    now,
  );
  return recorded(withPhase(unknown, 'Applying', text));
}

function isRetried(observed: Observed, release: Release): boolean {
  const names = new Set((release.status?.failed ?? []).map((one) => one.rollout));
  const since = instantOf(release.status?.finishedAt) ?? 0;
  return rolloutsOfRelease(release)
    .filter((wanted) => names.has(wanted.name))
    .some((wanted) => {
      const live = findRollout(observed.rollouts, wanted);
      return live !== undefined && wasRetried(live, since) && rolloutState(wanted, live).kind === 'progressing';
    });
}

/**
 * By the command, or without one: setting status.abort to false begins the next attempt and clears the verdict, and a later
 * command may have taken the place of either in lastCommand.
 */
function wasRetried(live: Manifest, since: Instant): boolean {
  const { status } = asRollout(live);
  const isAnother = (status?.attempt ?? 1) > 1 && status?.verdict === undefined && status?.abort !== true;
  if (isAnother && isSeen(live)) return true;
  const command = status?.lastCommand;
  if (command?.verb !== 'retry' || command.outcome !== 'Applied') return false;
  return (instantOf(command.at) ?? 0) >= since;
}
