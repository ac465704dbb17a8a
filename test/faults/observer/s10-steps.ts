/**
 * S10: the step index goes up by one only, to 0 on a new revision, a retry, an abort or a changed plan, or as a recorded command says;
 * a pause ends only at its deadline (a blue-green one after autoPromotionSeconds) or by command; a setWeight step passes only with its weight written and confirmed; a promotion
 * is put on record after the last step only, or for a full promotion or a rollback that somebody asked for.
 *
 * Counted: own status writes of a Rollout. A new revision that is stable's again or the first one has no steps to do, and a full
 * promotion, by command or by status.promoteFull, skips those that are left. The deadline of a pause is its recorded start (whole
 * seconds, rounded down) plus its duration, and the recorded start is the time of the write. A route counts as it was at any
 * moment of the last `viewLagMs`.
 */

import type { RolloutHistory } from './history.ts';
import type { Invariant, Limits, Say } from './invariant.ts';
import { isSameJson, listOf, numberOf, timeOf, textOf, valueAt } from './read-json.ts';
import { pauseMsOf, weightAt } from './capacity.ts';
import type { RolloutView } from './rollout-view.ts';
import { applies, isFullPromotion, isResumed, type StatusWrite, statusWrite } from './status-write.ts';

export const s10: Invariant = {
  id: 'S10',
  begin: (limits) => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn) return;
      for (const step of rollouts) {
        const write = statusWrite(commit, step);
        if (write === undefined) continue;
        checkIndex(write, say);
        checkPromotion(write, say);
        checkPauseStart(write, commit.at, limits, say);
        checkPauseEnd(write, commit.at, limits, say);
        if (isOneStep(write)) checkStep(write, step.history, commit.at, limits, say);
      }
    },
  }),
};

function isOneStep({ before, after }: StatusWrite): boolean {
  return before.current === after.current && after.stepIndex === before.stepIndex + 1;
}

function checkIndex(write: StatusWrite, say: Say): void {
  const { before, after } = write;
  const [from, to] = [before.stepIndex, after.stepIndex];
  const text = `the step of ${after.text} went from ${from} to ${to} of ${after.steps.length}`;
  if (before.current !== after.current) {
    const isWithoutSteps = after.stable === undefined || after.stable === after.current;
    if (to !== 0 && !(isWithoutSteps && to === after.steps.length)) say(`${text} with a new revision`);
    return;
  }
  if (to === from || to === from + 1) return;
  const isReplanned = !isSameJson(valueAt(before.status, 'currentStepHash'), valueAt(after.status, 'currentStepHash'));
  const isAbort = after.isAborted && !before.isAborted;
  const isEndOfRollback = before.transition === 'promote' && after.transition === 'abort';
  const isRestart = isReplanned || isAbort || isEndOfRollback || after.attempt > before.attempt;
  if (to === 0 && isRestart) return;
  const isWithoutSteps =
    after.stable === undefined || after.stable === after.current || before.transition === 'promote';
  if (to === after.steps.length && (isFullPromotion(write) || (isReplanned && isWithoutSteps))) return;
  say(text);
}

/** Also one that takes the place of another transition. */
function checkPromotion(write: StatusWrite, say: Say): void {
  const { before, after } = write;
  const isSame = isSameJson(valueAt(before.status, 'transition'), valueAt(after.status, 'transition'));
  if (after.transition !== 'promote' || isSame) return;
  const to = after.transitionTo ?? 'no revision';
  const isBack = to !== after.current;
  if (isBack && to !== before.stable && !applies(write, 'rollback'))
    say(`${after.text} records the promotion of ${to}, which is not current, and nobody asked for that`);
  const isOver = after.stepIndex >= after.steps.length || isFullPromotion(write) || applies(write, 'promote-full');
  if (!isBack && !isOver)
    say(`${after.text} records the promotion of ${to} at step ${after.stepIndex} of ${after.steps.length}`);
}

function pauses(view: RolloutView) {
  return listOf(view.status, 'pauseConditions');
}

function checkPauseStart({ before, after }: StatusWrite, at: number, limits: Limits, say: Say): void {
  for (const pause of pauses(after)) {
    if (pauses(before).some((one) => isSameJson(one, pause))) continue;
    const start = timeOf(pause, 'startTime');
    const earliest = at - 1000 - limits.viewLagMs - limits.writeLagMs;
    if (start === undefined || start < earliest || start > at + limits.clockToleranceMs)
      say(`a pause of ${after.text} is recorded to have begun at ${textOf(pause, 'startTime') ?? 'no time'}, not now`);
  }
}

/** A pause that is over without the step passing in the same write: by command only. */
function checkPauseEnd(write: StatusWrite, at: number, limits: Limits, say: Say): void {
  const { before, after } = write;
  if (pauses(before).length === 0 || pauses(after).length > 0) return;
  if (before.current !== after.current || after.stepIndex !== before.stepIndex) return;
  const isReplanned = !isSameJson(valueAt(before.status, 'currentStepHash'), valueAt(after.status, 'currentStepHash'));
  const isExplained =
    isReplanned ||
    after.isAborted ||
    after.attempt > before.attempt ||
    after.transition !== before.transition ||
    isSwitchDue(before, at + limits.clockToleranceMs);
  if (!isExplained && !applies(write, 'promote', 'resume', 'promote-full'))
    say(`the pause of ${after.text} at step ${before.stepIndex} was ended by nobody`);
}

/** The pause before a blue-green switch is over after autoPromotionSeconds. */
function isSwitchDue(view: RolloutView, at: number): boolean {
  const seconds = numberOf(view.object, 'spec', 'strategy', 'blueGreen', 'autoPromotionSeconds');
  const pause = pauses(view).find((one) => one['reason'] === 'BlueGreenPause');
  const start = timeOf(pause, 'startTime');
  return seconds !== undefined && start !== undefined && start + seconds * 1000 <= at;
}

function checkStep(write: StatusWrite, history: RolloutHistory, at: number, limits: Limits, say: Say): void {
  const { before, after } = write;
  const step = before.steps[before.stepIndex];
  if (step === undefined || isFullPromotion(write) || applies(write, 'promote', 'promote-full')) return;
  if (step['pause'] !== undefined) {
    const start = timeOf(
      pauses(before).find((one) => one['reason'] === 'CanaryPauseStep'),
      'startTime',
    );
    const lengthMs = pauseMsOf(step);
    const until = start === undefined || lengthMs === undefined ? Number.POSITIVE_INFINITY : start + lengthMs;
    if (!isResumed(before) && at + limits.clockToleranceMs < until)
      say(`${after.text} left the pause at step ${before.stepIndex} ${describe(until, at)}`);
    return;
  }
  if (numberOf(step, 'setWeight') === undefined || before.routes === undefined || isResumed(before)) return;
  const weight = weightAt(before.steps, before.stepIndex, before.total);
  const isReached = (view: RolloutView) =>
    view.routes?.isConfirmed === true && view.share?.low === weight && view.share.high === weight;
  if (!history.within(limits.viewLagMs).some(isReached))
    say(`${after.text} passed step ${before.stepIndex}, but the weight ${weight} is not written and confirmed`);
}

function describe(until: number, at: number): string {
  return Number.isFinite(until) ? `${until - at} ms before its end` : 'although nobody ended it';
}
