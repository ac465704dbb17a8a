/**
 * S09: no step passes its analysis without a success bound to (Rollout uid, revision hash, step, attempt); inconclusive, error,
 * missing, NaN and terminated are never success; nothing goes forward once such a run has failed.
 *
 * Counted: own status writes of a Rollout that move the same revision on (step, promotion, stable), and own status writes of an
 * AnalysisRun that call it Successful. Not by analysis but by people: the commands promote and promote-full, an emptied
 * pauseConditions, promoteFull in the status. Beside the steps (canary.analysis): a promotion begins only when the last run was
 * successful or each deciding metric was good at least once in this attempt; a run counts as failed from `viewLagMs` after its
 * verdict on.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { boundRuns, decidingMetrics, isSuccess, lackOfSuccess, phaseOf, successesOf } from './analysis-evidence.ts';
import type { Invariant, Say } from './invariant.ts';
import { labelOf, listOf, numberOf, textOf, valueAt } from './read-json.ts';
import { keys, uidOf } from './rollout-view.ts';
import {
  applies,
  goesForward,
  isFullPromotion,
  isPromotion,
  isResumed,
  type StatusWrite,
  statusWrite,
} from './status-write.ts';

export const s09: Invariant = {
  id: 'S09',
  begin: ({ viewLagMs }) => {
    const failedAt = new Map<string, number>();
    return {
      commit({ commit, isOwn, rollouts }, say) {
        noteFailure(commit, failedAt);
        if (!isOwn) return;
        checkVerdict(commit, say);
        for (const step of rollouts) {
          const write = statusWrite(commit, step);
          if (write === undefined || !goesForward(write)) continue;
          checkStep(write, say);
          checkPromotion(write, say);
          checkStepsLeft(write, say);
          checkFailed(write, failedAt, commit.at - viewLagMs, say);
        }
      },
    };
  },
};

function noteFailure({ kind, at, after }: Commit, failedAt: Map<string, number>): void {
  if (kind !== 'AnalysisRun' || after === undefined || phaseOf(after) !== 'Failed') return;
  if (!failedAt.has(uidOf(after))) failedAt.set(uidOf(after), at);
}

/** The analysis-run room calls a run successful. */
function checkVerdict({ kind, before, after, namespace, name }: Commit, say: Say): void {
  if (kind !== 'AnalysisRun' || after === undefined) return;
  const isNew = phaseOf(after) === 'Successful' && (before === undefined || phaseOf(before) !== 'Successful');
  if (!isNew || valueAt(after, 'spec', 'terminate') === true) return;
  const why = lackOfSuccess(after);
  if (why !== undefined) say(`AnalysisRun ${namespace}/${name} was called successful although ${why}`);
}

function checkStep(write: StatusWrite, say: Say): void {
  const { before, after } = write;
  const index = before.stepIndex;
  if (after.stepIndex !== index + 1 || before.steps[index]?.['analysis'] === undefined) return;
  if (isDecidedByPeople(write)) return;
  const runs = boundRuns(before, 'Step', index);
  if (runs.some(isSuccess)) return;
  const known = runs.map((run) => `${textOf(run, 'metadata', 'name')} is ${phaseOf(run) ?? 'without a phase'}`);
  say(
    `${after.text} passed step ${index} of ${after.current} without a successful analysis of it (${known.join(', ') || 'no run'})`,
  );
}

function isDecidedByPeople(write: StatusWrite): boolean {
  return applies(write, 'promote', 'promote-full') || isResumed(write.before) || isFullPromotion(write);
}

function checkPromotion(write: StatusWrite, say: Say): void {
  const { before, after } = write;
  const templates = listOf(after.object, 'spec', 'strategy', 'canary', 'analysis', 'templates');
  if (!isPromotion(write) || templates.length === 0 || after.steps.length === 0 || isFullPromotion(write)) return;
  const starts = numberOf(after.object, 'spec', 'strategy', 'canary', 'analysis', 'startingStep') ?? 0;
  if (starts > after.steps.length || applies(write, 'promote-full')) return;
  const runs = boundRuns(before, 'Background');
  if (runs.some(isSuccess)) return;
  const metrics = [...new Set(runs.flatMap(decidingMetrics))];
  const unproven = metrics.filter((metric) => !runs.some((run) => successesOf(run, metric) > 0));
  if (runs.length > 0 && unproven.length === 0) return;
  say(
    `${after.text} began the promotion of ${after.current} although the analysis beside the steps has no good value (${unproven.join(', ') || 'no run'})`,
  );
}

/** A promotion leaves no analysis behind that nobody has passed. */
function checkStepsLeft(write: StatusWrite, say: Say): void {
  const { before, after } = write;
  if (!isPromotion(write) || isDecidedByPeople(write)) return;
  for (const [index, step] of before.steps.entries()) {
    if (index < before.stepIndex || step['analysis'] === undefined) continue;
    if (boundRuns(before, 'Step', index).some(isSuccess)) continue;
    say(`${after.text} began the promotion of ${after.current} before the analysis of step ${index} was successful`);
  }
}

/** Whatever people say of a step, a failed run means an abort; only a full promotion leaves analysis out. */
function checkFailed(write: StatusWrite, failedAt: ReadonlyMap<string, number>, until: number, say: Say): void {
  const { before, after } = write;
  if (isFullPromotion(write) || applies(write, 'promote-full')) return;
  const bound = [...boundRuns(before, 'Background'), ...boundRuns(before, 'Step', before.stepIndex)];
  const failed = bound.find((run) => (failedAt.get(uidOf(run)) ?? Number.POSITIVE_INFINITY) <= until);
  if (failed === undefined) return;
  const type = labelOf(failed, keys.rolloutType);
  say(
    `${after.text} went on with ${after.current} although its ${type} analysis ${textOf(failed, 'metadata', 'name')} failed`,
  );
}
