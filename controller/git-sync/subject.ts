/** Which set a pass has to try on the API server, from recorded state alone. Pure. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import type { Release } from '../../crds/schema/release.ts';
import { conditionStatus } from './conditions.ts';
import { annotationOf, type Manifest } from './objects.ts';
import type { SourceView, Subject } from './observed.ts';
import { isStableConfirmed, progressOf } from './release-verdict.ts';
import { findRollout, isRollbackRefused, rolloutsOfRelease, rolloutState } from './rollout-state.ts';

export interface SubjectInputs {
  readonly sync: GitSync;
  readonly releases: readonly Release[];
  readonly rollouts: readonly Manifest[];
  readonly source: SourceView;
  /** The tip with this digest was tried and refused a moment ago. */
  readonly triedLately: (digest: string) => boolean;
}

const none: Subject = { kind: 'none' };

/** Restore goes before everything, a new tip before the release under way, and the last good set comes last. */
export function subjectOf(inputs: SubjectInputs): Subject {
  const { sync, releases, rollouts } = inputs;
  if (sync.metadata.deletionTimestamp !== undefined) return none;
  const restore = sync.status?.restore;
  const bad = releases.find((one) => one.metadata.name === restore?.release);
  if (restore?.phase === 'Pending') {
    const ready = bad === undefined || isStableConfirmed(bad, rollouts);
    return ready && sync.status?.lastGood ? { kind: 'restore', except: keptBack(bad, rollouts) } : none;
  }
  if (!sync.spec.suspend && isTipDue(inputs)) return { kind: 'tip' };
  if (sync.status?.candidate) return isCandidateDue(inputs) ? { kind: 'candidate' } : none;
  return isGoodDue(inputs) ? { kind: 'good', except: isTipGood(inputs) ? [] : failedNames(bad) } : none;
}

/** Failed Rollouts keep their template until Git agrees, but for one that can go back by its template only. */
function keptBack(bad: Release | undefined, rollouts: readonly Manifest[]): readonly string[] {
  const refused = rollouts.filter((one) => bad !== undefined && isRollbackRefused(bad.metadata.name, one));
  return failedNames(bad).filter((name) => !refused.some((one) => one.metadata.name === name));
}

function failedNames(release: Release | undefined): readonly string[] {
  return (release?.status?.failed ?? []).map((one) => one.rollout);
}

/** A sync request that was fetched for, but whose re-apply has not been done. */
export function isRequestOpen(sync: GitSync, source: SourceView): boolean {
  return source.token !== undefined && source.token !== sync.status?.handledSyncRequest;
}

function isTipGood({ sync, source }: SubjectInputs): boolean {
  return source.tip !== undefined && source.tip.digest === sync.status?.lastGood?.digest;
}

/** A release with this content that came to nothing; it is not tried again by itself. */
export function refusedRelease(releases: readonly Release[], digest: string): Release | undefined {
  return releases.find(
    (one) => one.spec.digest === digest && (one.status?.phase === 'Bad' || one.status?.phase === 'Held'),
  );
}

function isTipDue(inputs: SubjectInputs): boolean {
  const { sync, source, releases } = inputs;
  const { tip } = source;
  if (tip === undefined || tip.rewoundFrom !== undefined) return false;
  const { candidate, lastGood } = sync.status ?? {};
  if (tip.digest === candidate?.digest || tip.digest === lastGood?.digest) return false;
  const requested = isRequestOpen(sync, source);
  const refused = refusedRelease(releases, tip.digest);
  if (refused !== undefined && !(requested && refused.status?.phase === 'Held')) return false;
  return requested || !inputs.triedLately(tip.digest);
}

function isCandidateDue(inputs: SubjectInputs): boolean {
  const { sync, source, releases, rollouts } = inputs;
  const release = releases.find((one) => one.metadata.name === sync.status?.candidate?.release);
  if (release === undefined || release.status?.appliedAt === undefined || isRequestOpen(sync, source)) return true;
  if (isOverwritten(release, rollouts)) return true;
  return release.status.bakeUntil === undefined && progressOf(release, rollouts).kind === 'promoted';
}

/** An own apply of an older release that came late: its stamp tells it from somebody's edit, which nobody takes back here. */
function isOverwritten(release: Release, rollouts: readonly Manifest[]): boolean {
  return rolloutsOfRelease(release).some((wanted) => {
    const live = findRollout(rollouts, wanted);
    const stamp = live && annotationOf(live, ownKeys.release);
    const isOther = stamp !== undefined && stamp !== release.metadata.name;
    return isOther && rolloutState(wanted, live).kind === 'other-template';
  });
}

function isGoodDue(inputs: SubjectInputs): boolean {
  const { sync, source } = inputs;
  if (sync.status?.lastGood === undefined || sync.spec.suspend) return false;
  if (isRequestOpen(sync, source)) return true;
  return isTipGood(inputs) && conditionStatus(sync.status.conditions, 'GitInSync') !== 'True';
}
