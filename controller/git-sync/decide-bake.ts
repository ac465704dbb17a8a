/**
 * A promoted release bakes: its checks run beside the traffic until `spec.bake` is over. A failed check makes the release bad
 * (decide-failure.ts); a check without evidence keeps the bake from ending. Pure.
 */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import type { AnalysisRunDraft } from '../rollout/effects.ts';
import { type BakeCheck, bakeChecks, bakeDraft, checkState, freshRollouts, leftoverRuns } from './bake-runs.ts';
import { instantOf, timeText } from './conditions.ts';
import { acting, type Draft, lookingAgain, normalFact, waitingFor, withPhase } from './draft.ts';
import { shortCommit } from './names.ts';
import type { Observed } from './observed.ts';
import { marking } from './releases.ts';

const configPollMs = 2_000;
/** Wait before a check without evidence is tried again; doubles with each try up to the cap. */
const firstRetryMs = 10_000;
const maxRetryMs = 300_000;

/** From the promotion of all Rollouts on. */
export function baking(observed: Observed, draft: Draft, release: Release, now: Instant): Draft {
  const commit = shortCommit(release.spec.commit);
  const until = instantOf(release.status?.bakeUntil);
  const bakeMs = bakeMsOf(observed, release);
  if (until === undefined) return startingBake(observed, draft, release, bakeMs, now);
  if (bakeMs === 0) return endingBake(draft, release, 'All Rollouts were promoted.', now);
  const checks = bakeChecks(observed, release).map((check) => progressOfCheck(observed, release, check, now));
  const starts = checks.flatMap(({ start }) => (start === undefined ? [] : [start]));
  if (starts.length > 0) {
    const text = `Commit ${commit} is promoted; its checks are started.`;
    const effects = starts.map((one) => ({ kind: 'StartAnalysis', draft: one }) as const);
    return acting(withPhase(draft, 'Baking', text), effects);
  }
  const times = checks.flatMap(({ retryAt }) => (retryAt === undefined ? [] : [retryAt]));
  const next = times.reduce(lookingAgain, now < until ? lookingAgain(draft, until) : draft);
  const open = checks.flatMap((check) => (check.open === undefined ? [] : [{ on: check.on, why: check.open }]));
  if (now < until) {
    const said = open.length > 0 ? ` So far ${open[0]?.why}.` : '';
    const text = `Commit ${commit} is promoted and counts as good at ${release.status?.bakeUntil} if no check fails.${said}`;
    return waitingFor(withPhase(next, 'Baking', text), { reason: 'Bake', on: 'time', until, moves: text });
  }
  const [first] = open;
  if (first !== undefined) {
    const moves = `Commit ${commit} is promoted, but its bake does not end without evidence: ${first.why}. Repair the check, or set spec.bake to 0s to count the release as good without it.`;
    return waitingFor(withPhase(next, 'Baking', moves), { reason: 'Bake', on: first.on, moves });
  }
  const message =
    checks.length > 0 ? 'All Rollouts were promoted and no check of the bake failed.' : 'All Rollouts were promoted.';
  return endingBake(draft, release, message, now);
}

function startingBake(observed: Observed, draft: Draft, release: Release, bakeMs: number, now: Instant): Draft {
  const commit = shortCommit(release.spec.commit);
  if (observed.subject.kind !== 'candidate' || observed.trial === undefined) {
    const text = `Commit ${commit} is promoted; its config is being applied.`;
    return lookingAgain(withPhase(draft, 'Progressing', text), now + configPollMs);
  }
  const bakeUntil = timeText(now + bakeMs + 999);
  const fact = normalFact('ReleasePromoted', now, `All Rollouts of commit ${commit} are promoted.`);
  const mark = marking(release, { phase: 'Candidate', bakeUntil });
  return acting(withPhase(draft, 'Baking', `Commit ${commit} is promoted.`), [mark], fact);
}

function endingBake(draft: Draft, release: Release, message: string, now: Instant): Draft {
  const good = marking(release, { phase: 'Good', reason: 'Promoted', message, finishedAt: timeText(now) });
  return acting(withPhase(draft, 'Baking', `Commit ${shortCommit(release.spec.commit)} is promoted.`), [good]);
}

/** No bake for the first release and for one whose Rollouts all equal stable: there is nothing new to watch. */
function bakeMsOf(observed: Observed, release: Release): number {
  const isNew = freshRollouts(observed, release).length > 0;
  return isNew ? (parseDurationMs(observed.sync.spec.bake ?? '0s') ?? 0) : 0;
}

interface CheckProgress {
  readonly on: string;
  readonly start?: AnalysisRunDraft;
  /** Why the check proves nothing yet, a clause. */
  readonly open?: string;
  readonly retryAt?: Instant;
}

function progressOfCheck(observed: Observed, release: Release, check: BakeCheck, now: Instant): CheckProgress {
  const rollout = `Rollout ${check.wanted.name}`;
  const run = check.runs.at(-1);
  const on = run === undefined ? `Rollout/${check.wanted.name}` : `AnalysisRun/${run.metadata.name}`;
  const state = checkState(observed, run);
  if (state.kind === 'proven' || state.kind === 'failed') return { on };
  const ended = instantOf(run?.status?.completedAt) ?? instantOf(run?.metadata.creationTimestamp) ?? now;
  const retryAt = ended + Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(check.runs.length - 1, 10));
  const isOver = state.kind === 'unproven' && state.finished;
  if (state.kind === 'absent' || (isOver && retryAt <= now)) {
    const start = bakeDraft(observed, release, check);
    if (start !== undefined) return { on, start };
    return { on, open: `an analysis template of ${rollout} does not exist`, retryAt: now + firstRetryMs };
  }
  const open = `AnalysisRun ${run?.metadata.name} of ${rollout} proves nothing yet: ${state.kind === 'unproven' ? state.why : 'it is missing'}`;
  return isOver ? { on, open, retryAt } : { on, open };
}

/** Stops the runs of bakes that are over. Comes last: nothing else waits for it. */
export function stoppingChecks(observed: Observed, draft: Draft): Draft {
  const runs = leftoverRuns(observed);
  return runs.length === 0
    ? draft
    : acting(
        draft,
        runs.map((target) => ({ kind: 'StopAnalysis', target })),
      );
}
