/** The parts of a GitSync's status that follow from everything else: fetched commit, reachability, phase, Ready. Pure. */

import type { GitSyncPhase, GitSyncStatus } from '../../crds/schema/git-sync.ts';
import { finalGitRevertPhases, type GitRevert } from '../../crds/schema/git-revert.ts';
import type { Instant } from '../../kube/api.ts';
import type { FaultKind } from '../../source/contract.ts';
import type { Reason } from '../reasons.ts';
import { conditioned, type Draft, lookingAgain, warningFact, withStatus } from './draft.ts';
import { timeText } from './conditions.ts';
import type { Observed } from './observed.ts';
import { shortCommit } from './names.ts';

/** The draft that every pass starts from. Phase and message are decided anew in each pass. */
export function refreshed(observed: Observed, now: Instant): Draft {
  const { sync, source } = observed;
  const { phase: _phase, message: _message, ...kept } = sync.status ?? {};
  const commit = source.tip?.commit ?? source.invalid?.commit;
  const fetched =
    commit !== undefined && commit !== kept.lastFetchedCommit
      ? { lastFetchedCommit: commit, lastFetchedAt: timeText(now) }
      : {};
  const status: GitSyncStatus = { ...kept, ...fetched };
  const draft: Draft = { status, effects: [], facts: [] };
  return lookingAgain(withReachability(observed, draft, now), source.lookAgainAt);
}

function withReachability(observed: Observed, draft: Draft, now: Instant): Draft {
  const { fault, tip, invalid } = observed.source;
  if (fault !== undefined) {
    const parts = {
      type: 'SourceReachable',
      status: 'False',
      reason: faultReasons[fault.kind],
      message: fault.message,
    } as const;
    const next = conditioned(draft, parts, now);
    const said = (of: Draft): string | undefined =>
      of.status.conditions?.find((one) => one.type === 'SourceReachable' && one.status === 'False')?.message;
    if (said(draft) === said(next)) return next;
    return { ...next, facts: [...next.facts, warningFact('SourceUnreachable', now, fault.message)] };
  }
  if (tip === undefined && invalid === undefined) return draft;
  const message = `Branch ${observed.sync.spec.branch} was fetched.`;
  return conditioned(draft, { type: 'SourceReachable', status: 'True', reason: 'Fetched', message }, now);
}

const faultReasons: Readonly<Record<FaultKind, Reason>> = {
  unreachable: 'Unreachable',
  auth: 'Auth',
  'not-found': 'NotFound',
  timeout: 'Timeout',
  'too-large': 'TooLarge',
  refused: 'Refused',
  internal: 'Internal',
};

/** Fills in phase, message, Ready and Reconciling where no step did, and says which generation all this speaks of. */
export function summarised(observed: Observed, draft: Draft, now: Instant): Draft {
  const generation = observed.sync.metadata.generation;
  const phased = draft.status.phase === undefined ? withStatus(draft, phaseOf(observed, draft)) : draft;
  const ready = withReadiness(phased, now);
  return generation === undefined ? ready : withStatus(ready, { observedGeneration: generation });
}

function phaseOf(observed: Observed, draft: Draft): { phase: GitSyncPhase; message: string } {
  const { status } = draft;
  if (status.restore !== undefined) return afterRestore(observed, draft);
  if (status.held !== undefined) return { phase: 'Held', message: status.held.reason };
  if (observed.sync.spec.suspend)
    return { phase: 'Suspended', message: 'spec.suspend is true: new commits are not looked at.' };
  if (status.candidate !== undefined) {
    return { phase: 'Applying', message: `Commit ${shortCommit(status.candidate.commit)} is being applied.` };
  }
  if (status.lastGood !== undefined) {
    return { phase: 'Good', message: `Commit ${shortCommit(status.lastGood.commit)} is good.` };
  }
  const why = observed.source.fault?.message ?? `Branch ${observed.sync.spec.branch} is being fetched.`;
  return { phase: 'Fetching', message: why };
}

function afterRestore(observed: Observed, draft: Draft): { phase: GitSyncPhase; message: string } {
  const { restore, revertName } = draft.status;
  const back = restore?.message ?? `Release ${restore?.release} failed and was taken back.`;
  const revert = observed.reverts.find((one) => one.metadata.name === revertName);
  if (revert === undefined || !isRevertOpen(revert)) {
    const said = revert?.status?.message;
    return { phase: 'Failed', message: said === undefined ? back : `${back} ${said}` };
  }
  return { phase: 'Reverting', message: `${back} GitRevert ${revert.metadata.name} brings the revert to Git.` };
}

export function isRevertOpen(revert: GitRevert): boolean {
  const phase = revert.status?.phase ?? 'Pending';
  return phase !== 'NeedsHuman' && !finalGitRevertPhases.includes(phase);
}

const moving: ReadonlySet<GitSyncPhase> = new Set([
  'Fetching',
  'Applying',
  'Progressing',
  'Baking',
  'Restoring',
  'Reverting',
]);

function withReadiness(draft: Draft, now: Instant): Draft {
  const phase = draft.status.phase ?? 'Fetching';
  const message = draft.status.message ?? '';
  const ready = phase === 'Good';
  const isMoving = moving.has(phase);
  const first = conditioned(draft, { type: 'Ready', status: ready ? 'True' : 'False', reason: phase, message }, now);
  return conditioned(
    first,
    {
      type: 'Reconciling',
      status: isMoving ? 'True' : 'False',
      reason: phase,
      message: isMoving ? message : 'Nothing is under way.',
    },
    now,
  );
}
