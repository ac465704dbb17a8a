/**
 * A Rollout of the candidate failed: the release is bad, its revisions are quarantined, the way back is put on record, and the
 * GitRevert is made at once. The Release's status is written first: everything after it is derived from there. Pure.
 */

import type { Release } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import { failedChecks } from './bake-runs.ts';
import { timeText } from './conditions.ts';
import {
  acting,
  conditioned,
  type Draft,
  normalFact,
  recorded,
  unconditioned,
  warningFact,
  withPhase,
  withStatus,
} from './draft.ts';
import { shortCommit } from './names.ts';
import { homeOf, type Observed } from './observed.ts';
import { quarantineWith } from './quarantine.ts';
import { progressOf, type ReleaseFailure, revertDecision } from './release-verdict.ts';
import { candidateRelease, findRelease, marking } from './releases.ts';
import { introducedBy, nextRevertName, revertSpec } from './revert-draft.ts';

const keptReason = 'KeepGit';

/** First the candidate's own failure, then what an earlier one still asks for. */
export function judging(observed: Observed, draft: Draft, now: Instant): Draft {
  const release = candidateRelease(observed);
  if (release?.status?.phase === 'Bad') return recordingFailure(observed, draft, release, now);
  const failure = release && failureOf(observed, release);
  if (release !== undefined && failure !== undefined) {
    const { failed, keepGit } = failure;
    const message = `Rollout ${failed[0]?.rollout} failed: ${failed[0]?.message}`;
    const status = {
      phase: 'Bad' as const,
      reason: keepGit ? keptReason : (failed[0]?.cause ?? 'AnalysisFailed'),
      message,
      finishedAt: timeText(now),
      failed: [...failed],
    };
    const text = `Commit ${shortCommit(release.spec.commit)} failed. ${message}`;
    return acting(
      withPhase(draft, 'Restoring', text),
      [marking(release, status)],
      warningFact('ReleaseFailed', now, text),
    );
  }
  return openingRevert(observed, addingLateFailures(observed, draft, now), now);
}

/** A Rollout that failed by itself, or a check of the bake after the promotion. */
function failureOf(observed: Observed, release: Release): ReleaseFailure | undefined {
  const progress = progressOf(release, observed.rollouts);
  if (progress.kind === 'failed') return progress.failure;
  const failed = failedChecks(observed, release);
  return failed.length > 0 ? { failed, keepGit: false } : undefined;
}

function placeOf(observed: Observed, release: Release, now: Instant): { commit: string; since: string; home: string } {
  return { commit: release.spec.commit, since: timeText(now), home: homeOf(observed) };
}

function recordingFailure(observed: Observed, draft: Draft, release: Release, now: Instant): Draft {
  const { status } = draft;
  const failed = release.status?.failed ?? [];
  const said = release.status?.message ?? `Release ${release.metadata.name} failed.`;
  const quarantine = quarantineWith(status.quarantine ?? [], failed, placeOf(observed, release, now));
  const { candidate: _candidate, revertName: _revertName, held: _held, ...rest } = status;
  const bad = withStatus({ ...draft, status: rest }, { quarantine });
  const text = `Commit ${shortCommit(release.spec.commit)} failed. ${said}`;
  const out = conditioned(bad, { type: 'GitInSync', status: 'False', reason: 'ReleaseFailed', message: text }, now);
  if (status.lastGood === undefined) {
    const message = `${text} It is the first release, so there is nothing to go back to; push a commit that repairs it.`;
    const held = withStatus(out, { held: { commit: release.spec.commit, reason: message, since: timeText(now) } });
    return recorded(withPhase(held, 'Failed', message), warningFact('FirstReleaseFailed', now, message));
  }
  const restoring = withStatus(out, { restore: { release: release.metadata.name, phase: 'Pending', message: text } });
  return recorded(withPhase(withRevert(observed, restoring, release, now), 'Restoring', text));
}

function withRevert(observed: Observed, draft: Draft, release: Release, now: Instant): Draft {
  const failure = { failed: release.status?.failed ?? [], keepGit: release.status?.reason === keptReason };
  const decision = revertDecision(failure, observed.sync.spec.revert);
  if (!decision.revert) {
    const { reason, message } = decision;
    return conditioned(draft, { type: 'GitAhead', status: 'True', reason, message }, now);
  }
  const name = nextRevertName(observed.sync, introducedBy(observed, release).spec.commit, observed.reverts);
  return withStatus(unconditioned(draft, 'GitAhead'), { revertName: name });
}

/** Rollouts of a release that is already bad and failed after it: they are quarantined too. */
function addingLateFailures(observed: Observed, draft: Draft, now: Instant): Draft {
  const release = findRelease(observed, draft.status.restore?.release);
  if (release === undefined || release.status?.phase !== 'Bad') return draft;
  const known = release.status.failed ?? [];
  const progress = progressOf(release, observed.rollouts);
  const late = progress.kind === 'failed' ? progress.failure.failed : [];
  const fresh = late.filter((one) => !known.some((old) => old.rollout === one.rollout));
  if (fresh.length > 0) return acting(draft, [marking(release, { phase: 'Bad', failed: [...known, ...fresh] })]);
  const quarantine = quarantineWith(draft.status.quarantine ?? [], known, placeOf(observed, release, now));
  return quarantine.length === (draft.status.quarantine ?? []).length
    ? draft
    : recorded(withStatus(draft, { quarantine }));
}

/** Waits for neither restore nor drain: Git is told as soon as the failure is on record. */
function openingRevert(observed: Observed, draft: Draft, now: Instant): Draft {
  const { restore, revertName } = draft.status;
  const release = findRelease(observed, restore?.release);
  if (draft.phase !== undefined || release?.status?.phase !== 'Bad' || revertName === undefined) return draft;
  if (observed.reverts.some((one) => one.metadata.name === revertName)) return draft;
  const spec = revertSpec(observed, release);
  if (spec === undefined) return draft;
  const text = `GitRevert ${revertName} takes commit ${shortCommit(spec.bad.commit)} back to ${shortCommit(spec.good.commit)} in Git.`;
  return acting(
    withPhase(draft, 'Restoring', restore?.message ?? text),
    [{ kind: 'CreateRevert', name: revertName, spec }],
    normalFact('RevertOpened', now, text),
  );
}
