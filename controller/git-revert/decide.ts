/** Decides what a GitRevert does next. Pure: the commit is recorded before it is pushed, and Git being down only costs time. */

import { finalGitRevertPhases, type GitRevertPhase, type GitRevertStatus } from '../../crds/schema/git-revert.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import type { Instant } from '../../kube/api.ts';
import type { Decision, Fact, Waiting } from '../decision.ts';
import { instantOf, timeText, withCondition } from '../git-sync/conditions.ts';
import { bounded } from '../git-sync/problems.ts';
import type { Examination, PushOutcome, RevertEffect, RevertObserved } from './observed.ts';
import { earlyEnd } from './refusals.ts';
import { backOffMs } from './back-off.ts';
import type { LimitHit } from './limits.ts';

type RevertDecision = Decision<GitRevertStatus, RevertEffect>;

const blockedRetryMs = 5_000;
const humanRetryMs = 300_000;
const deniedRetryMs = 600_000;
/** Lost races in a row before a person is told; it is tried on, slowly. */
export const mostRaces = 10;
const overdueMs = 900_000;

/** Whether a pass has to ask Git at all. */
export function needsExamination(observed: Omit<RevertObserved, 'examination'>, now: Instant): boolean {
  const status = observed.revert.status ?? {};
  if (isFinal(status.phase) || observed.revert.metadata.deletionTimestamp !== undefined) return false;
  if (observed.isUnread === true || observed.blockedBy !== undefined || now < dueAt(observed)) return false;
  return earlyEnd({ ...observed, examination: { kind: 'none' } }) === undefined;
}

function isFinal(phase: GitRevertPhase | undefined): boolean {
  return phase !== undefined && finalGitRevertPhases.includes(phase);
}

export function decide(observed: RevertObserved, now: Instant): RevertDecision {
  const status: GitRevertStatus = observed.revert.status ?? {};
  if (isFinal(status.phase) || observed.revert.metadata.deletionTimestamp !== undefined) return settled(status);
  if (observed.isUnread === true) return settled(status, now + blockedRetryMs);
  const end = earlyEnd(observed);
  if (end !== undefined) return ended(observed, status, end.phase, end.message, now);
  if (observed.blockedBy !== undefined) {
    const moves = `GitRevert ${observed.blockedBy} writes to the same branch first.`;
    const next = { ...status, phase: status.phase ?? 'Pending', message: moves } as const;
    return settled(next, now + blockedRetryMs, { reason: 'Serial', on: `GitRevert/${observed.blockedBy}`, moves });
  }
  const due = dueAt(observed);
  if (now < due) return settled(status, due, waitingFor(status));
  return judged(observed, withoutHold({ ...status, startedAt: status.startedAt ?? timeText(now) }), now);
}

function judged(observed: RevertObserved, status: GitRevertStatus, now: Instant): RevertDecision {
  const { examination } = observed;
  const bad = observed.revert.spec.bad.commit.slice(0, 7);
  switch (examination.kind) {
    case 'none':
      return settled(status, now + blockedRetryMs);
    case 'fault':
      return later(observed, status, 'Pending', examination.message, faultDelayMs(observed, examination), now);
    case 'contained':
      return ended(observed, { ...status, pushedAt: timeText(now) }, 'Pushed', pushedSentence(observed, status), now);
    case 'superseded':
      return ended(
        observed,
        { ...status, tip: examination.tip },
        'Superseded',
        `At ${examination.tip.slice(0, 7)} no Rollout renders to the revision that failed any more, so commit ${bad} needs no revert.`,
        now,
      );
    case 'already-reverted':
      return ended(
        observed,
        { ...status, tip: examination.tip },
        'AlreadyReverted',
        `At ${examination.tip.slice(0, 7)} somebody has taken commit ${bad} back already.`,
        now,
      );
    case 'refused':
      return ended(observed, { ...status, tip: examination.tip }, 'Refused', examination.why, now);
    case 'conflict': {
      const conflicts = examination.files.slice(0, 100);
      const message = `Commit ${bad} can't be reverted by itself: later commits changed the same lines of ${conflicts.slice(0, 5).join(', ')}; revert it by hand, the cluster stays on ${observed.revert.spec.good.commit.slice(0, 7)}.`;
      return later(
        observed,
        { ...status, tip: examination.tip, conflicts: [...conflicts] },
        'NeedsHuman',
        message,
        humanRetryMs,
        now,
      );
    }
    case 'invalid': {
      const message = `The revert of commit ${bad} does not pass its checks, so it was not pushed: ${examination.sentences.slice(0, 5).join(' ')}`;
      return later(observed, { ...status, tip: examination.tip }, 'NeedsHuman', message, humanRetryMs, now);
    }
    case 'ready':
      return ready(observed, status, examination, now);
  }
}

/** The SHA stands in the status before the push: after a crash in between, finding it on the branch is enough. */
function ready(
  observed: RevertObserved,
  status: GitRevertStatus,
  found: Extract<Examination, { kind: 'ready' }>,
  now: Instant,
): RevertDecision {
  // Once a commit stands in the status it may be on the branch already, so no limit stops that one any more.
  if (observed.limit !== undefined && status.commit === undefined)
    return heldBack(observed, { ...status, tip: found.tip }, observed.limit, now);
  const { conflicts: _conflicts, nextAttemptAt: _nextAttemptAt, ...rest } = status;
  if (status.phase === 'Computed' && status.commit === found.commit && status.tip === found.tip) {
    const effects: readonly RevertEffect[] = [{ kind: 'Push', commit: found.commit, expectedTip: found.tip }];
    return { phase: 'act', status: rest, effects, facts: [] };
  }
  const message = `Commit ${found.commit.slice(0, 7)} reverts ${observed.revert.spec.bad.commit.slice(0, 7)} on ${found.tip.slice(0, 7)} and is being pushed.`;
  const next: GitRevertStatus = {
    ...rest,
    phase: 'Computed',
    message,
    tip: found.tip,
    commit: found.commit,
    attempts: (status.attempts ?? 0) + 1,
  };
  return { phase: 'record', status: withReady(observed, next, now), effects: [], facts: [] };
}

const holdType = 'Held';

/** Looked at again all the same, because somebody may take the commit back meanwhile. */
function heldBack(observed: RevertObserved, status: GitRevertStatus, limit: LimitHit, now: Instant): RevertDecision {
  const { name, namespace = '' } = observed.revert.metadata;
  const message = `Commit ${observed.revert.spec.bad.commit.slice(0, 7)} is not reverted yet: ${limit.message}. Look at the cluster; to let this revert go on, run kubectl annotate gitrevert -n ${namespace} ${name} ${ownKeys.proceed}=true.`;
  const held = { type: holdType, status: 'True', reason: limit.reason, message } as const;
  const next = { ...status, conditions: withCondition(status.conditions, held, now) };
  const delayMs = Math.min(humanRetryMs, Math.max((limit.until ?? Infinity) - now, 1_000));
  const decision = later(observed, next, 'NeedsHuman', message, delayMs, now);
  return { ...decision, waiting: { ...waitingFor(decision.status), reason: limit.reason } };
}

function isHeldBack(status: GitRevertStatus): boolean {
  return status.conditions?.some((one) => one.type === holdType) ?? false;
}

function withoutHold(status: GitRevertStatus): GitRevertStatus {
  const conditions = status.conditions?.filter((one) => one.type !== holdType);
  return conditions === undefined ? status : { ...status, conditions };
}

/** When it may be looked at again; what a person lets go on waits no longer. */
function dueAt(observed: Omit<RevertObserved, 'examination'>): Instant {
  const status = observed.revert.status ?? {};
  const isReleased = isHeldBack(status) && observed.limit === undefined;
  return isReleased ? 0 : (instantOf(status.nextAttemptAt) ?? 0);
}

/** The status after a push was tried. Pure, like `decide`. */
export function afterPush(
  observed: RevertObserved,
  status: GitRevertStatus,
  outcome: PushOutcome,
  now: Instant,
): RevertDecision {
  switch (outcome.kind) {
    case 'pushed':
    case 'contained':
      return ended(observed, { ...status, pushedAt: timeText(now) }, 'Pushed', pushedSentence(observed, status), now);
    case 'lost':
      return settled(status, now);
    case 'moved': {
      const attempts = status.attempts ?? 1;
      const message = `The branch moved to ${outcome.tip.slice(0, 7)} before the push; the revert is made again on it.`;
      if (attempts < mostRaces)
        return later(observed, status, 'Computed', message, backOffMs(attempts, seedOf(observed), 200, 15_000), now);
      return later(
        observed,
        status,
        'NeedsHuman',
        `${message} That happened ${attempts} times; it is tried on, less often.`,
        humanRetryMs,
        now,
      );
    }
    case 'denied': {
      const message = `The repository refused the push (${bounded(outcome.why, 300)}): allow the account of the write credentials to push to ${observed.revert.spec.branch}, or revert by hand.`;
      return later(observed, status, 'NeedsHuman', message, deniedRetryMs, now);
    }
    case 'fault':
      return later(
        observed,
        status,
        'Computed',
        outcome.message,
        Math.max(outcome.retryAfterMs ?? 0, backOffMs(observed.failures + 1, seedOf(observed))),
        now,
      );
  }
}

function pushedSentence(observed: RevertObserved, status: GitRevertStatus): string {
  const { bad, branch } = observed.revert.spec;
  return `Commit ${(status.commit ?? '').slice(0, 7)} on ${branch} reverts ${bad.commit.slice(0, 7)}.`;
}

function faultDelayMs(observed: RevertObserved, fault: Extract<Examination, { kind: 'fault' }>): number {
  return Math.max(fault.retryAfterMs ?? 0, backOffMs(observed.failures + 1, seedOf(observed)));
}

function seedOf(observed: RevertObserved): string {
  return observed.revert.metadata.uid ?? observed.revert.metadata.name;
}

function ended(
  observed: RevertObserved,
  status: GitRevertStatus,
  phase: GitRevertPhase,
  message: string,
  now: Instant,
): RevertDecision {
  const { nextAttemptAt: _nextAttemptAt, conflicts: _conflicts, ...rest } = status;
  const next = withReady(
    observed,
    { ...rest, phase, message: bounded(message), startedAt: rest.startedAt ?? timeText(now) },
    now,
  );
  return { phase: 'record', status: next, effects: [], facts: [factOf(phase, message, now)] };
}

function later(
  observed: RevertObserved,
  status: GitRevertStatus,
  phase: GitRevertPhase,
  message: string,
  delayMs: number,
  now: Instant,
): RevertDecision {
  const at = now + delayMs;
  // Rounded up, because times in status have whole seconds.
  const nextAttemptAt = timeText(at + 999);
  const changed = observed.revert.status?.phase !== phase || observed.revert.status?.message !== bounded(message);
  const next = withReady(observed, { ...status, phase, message: bounded(message), nextAttemptAt }, now);
  const facts = changed ? [factOf(phase, message, now)] : [];
  return {
    phase: 'settled',
    status: next,
    effects: [],
    facts,
    lookAgainAt: instantOf(nextAttemptAt) ?? at,
    waiting: waitingFor(next),
  };
}

function settled(status: GitRevertStatus, lookAgainAt?: Instant, waiting?: Waiting): RevertDecision {
  return {
    phase: 'settled',
    status,
    effects: [],
    facts: [],
    ...(lookAgainAt === undefined ? {} : { lookAgainAt }),
    ...(waiting === undefined ? {} : { waiting }),
  };
}

function waitingFor(status: GitRevertStatus): Waiting {
  const until = instantOf(status.nextAttemptAt);
  const reason = status.phase === 'NeedsHuman' ? 'NeedsHuman' : 'Retry';
  return {
    reason,
    on: status.phase === 'NeedsHuman' ? 'user' : 'Git',
    moves: status.message ?? '',
    ...(until === undefined ? {} : { until }),
  };
}

function factOf(phase: GitRevertPhase, message: string, at: Instant): Fact {
  const good: readonly GitRevertPhase[] = ['Pushed', 'Merged', 'Superseded', 'AlreadyReverted', 'Reported', 'Computed'];
  return { reason: `Revert${phase}`, at, type: good.includes(phase) ? 'Normal' : 'Warning', message: bounded(message) };
}

/** Ready: the revert is over. Overdue: Git could not be told within a quarter of an hour. */
function withReady(observed: RevertObserved, status: GitRevertStatus, now: Instant): GitRevertStatus {
  const over = isFinal(status.phase);
  const phase = status.phase ?? 'Pending';
  const message = status.message ?? '';
  const started = instantOf(status.startedAt) ?? now;
  const overdue = !over && now - started > overdueMs;
  const ready = { type: 'Ready', status: over ? 'True' : 'False', reason: phase, message } as const;
  const conditions = withCondition(status.conditions, ready, now);
  const late = {
    type: 'Overdue',
    status: overdue ? 'True' : 'False',
    reason: overdue ? 'GitNotTold' : 'InTime',
    message: overdue ? `Git has not been told for more than 15 minutes. ${message}` : 'Git is told in time.',
  } as const;
  const generation = observed.revert.metadata.generation;
  return {
    ...status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions:
      overdue || conditions.some((one) => one.type === 'Overdue') ? withCondition(conditions, late, now) : conditions,
  };
}
