/**
 * When the release began, when it ended and how, in the fields that Argo's status has for it (argo-rollouts.md 1.6). Elsewhere the
 * RolloutRun says it, so outside argoproj.io nothing is written. Pure.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { attemptOf } from './attempt.ts';
import { stateOf } from './lifecycle-status.ts';
import type { Observed } from './observed.ts';
import { isWithinWindow } from './rollback-window.ts';
import { annotation } from './scene.ts';
import { timeText } from './time-text.ts';

type Durations = Pick<
  RolloutStatus,
  'rolloutStartedAt' | 'finishedAt' | 'completionStatus' | 'totalManualPauseDurationSeconds'
>;
type Completion = NonNullable<RolloutStatus['completionStatus']>;

/** What the next status says of it; nothing where it stays as it is. A release that nobody saw begin is not given an end. */
export function durations(observed: Observed, next: RolloutStatus): Durations {
  if (!isArgo(observed.dialect)) return {};
  const before = observed.rollout.status;
  const now = timeText(observed.now);
  if (isLeft(before, next)) return { finishedAt: now, completionStatus: 'Superseded' };
  const since = beganAt(before, next, now);
  const known: Durations = since === undefined ? before : begun(since);
  const completion = known.rolloutStartedAt === undefined ? undefined : completionOf(observed, next, known);
  const end: Durations = completion === undefined ? {} : { finishedAt: now, completionStatus: completion };
  return since === undefined ? end : { ...begun(since), ...end };
}

function begun(since: string): Durations {
  return {
    rolloutStartedAt: since,
    finishedAt: undefined,
    completionStatus: undefined,
    totalManualPauseDurationSeconds: undefined,
  };
}

/** A newer template takes its place: its end is shown for as long as its traffic is taken back. */
function isLeft(before: RolloutStatus, next: RolloutStatus): boolean {
  const isRunning = before.rolloutStartedAt !== undefined && before.finishedAt === undefined;
  return isRunning && before.currentPodHash !== next.currentPodHash && next.transition?.kind === 'supersede';
}

/** Another template, or the same one tried again. */
function beganAt(before: RolloutStatus, next: RolloutStatus, now: string): string | undefined {
  const isNext = before.completionStatus === 'Superseded' && next.transition?.kind !== 'supersede';
  if (before.currentPodHash !== next.currentPodHash) return now;
  if (isNext) return before.transition?.since ?? now;
  const isAgain = before.finishedAt !== undefined && attemptOf(before) !== attemptOf(next);
  return isAgain ? now : undefined;
}

/** How the release ends with this status; undefined while it has not, or when that is told already. */
function completionOf(observed: Observed, next: RolloutStatus, known: Durations): Completion | undefined {
  const state = stateOf(next);
  if (state !== 'stable' && state !== 'aborted' && state !== 'aborting') return undefined;
  // The command to roll back strikes a release that had ended well.
  if (isRolledBack(observed.rollout.status, next)) return 'RolledBack';
  if (known.finishedAt !== undefined) return undefined;
  return state === 'stable' ? promotedAs(observed, next) : 'Aborted';
}

/** The revision that a command asked for has become stable again, and the promoted one counts as aborted from then on. */
function isRolledBack({ transition, currentPodHash }: RolloutStatus, next: RolloutStatus): boolean {
  const isBack = transition?.kind === 'promote' && transition.to !== currentPodHash;
  return isBack && next.stableRS === transition.to && next.currentPodHash === currentPodHash;
}

/** Back to a revision that there was before is a rollback; fast is what left out steps, pauses or the analysis. */
function promotedAs(observed: Observed, next: RolloutStatus): Completion {
  const before = observed.rollout.status;
  const { currentPodHash: hash = '' } = next;
  const isReturn =
    before.transition?.kind === 'back-to-stable' || (before.currentPodHash !== hash && before.stableRS === hash);
  const isFast = isReturn || before.promoteFull === true || isWithinWindow(observed, hash, before.stableRS);
  if (isReturn || wasReleasedBefore(observed, hash)) return isFast ? 'FastRolledBack' : 'RolledBack';
  return isFast ? 'FastPromoted' : 'Promoted';
}

function wasReleasedBefore({ replicaSets, keys }: Observed, hash: string): boolean {
  const set = replicaSets.find(({ podHash }) => podHash === hash);
  return set !== undefined && annotation(set, keys.revisionHistory) !== undefined;
}
