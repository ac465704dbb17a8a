/**
 * S05: the order of an abort: abort at a; route all on stable at b; D passes; canary down at c; a < b and b + D <= c. On the way the
 * weight of the leaving revision only falls.
 *
 * Counted, for a Rollout with a router whose recorded transition is an abort, or that is aborted:
 * - own commits to its routes: the weight of the revision that was aborted never rises;
 * - own status writes that set verdict.confirmedStableAt: only with stable=100 written and confirmed by every Gateway, at some
 *   moment of the last `viewLagMs`;
 * - own scale-downs of that revision: only when stable=100 has been confirmed without a break for D (abortScaleDownDelaySeconds).
 * A person may give an aborted revision weight by hand: taking that back again is a fall.
 */

import type { Invariant, Limits, RolloutStep, Say } from './invariant.ts';
import { mostShare, writtenShare } from './history.ts';
import { textOf } from './read-json.ts';
import type { RolloutView } from './rollout-view.ts';
import { drainOf, type Shrink, shrinkOf } from './s03-drain.ts';

export const s05: Invariant = {
  id: 'S05',
  begin: (limits) => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn) return;
      const shrink = shrinkOf(commit);
      for (const step of rollouts) {
        if (step.after.routes === undefined) continue;
        if (commit.kind === 'Rollout') checkConfirmed(step, limits, say);
        const leaving = leavingOf(step.before);
        if (leaving === undefined) continue;
        if (commit.kind === 'HTTPRoute') checkFall(step, leaving, say);
        if (shrink?.owner === step.after.uid && shrink.hash === leaving) checkDrained(step, shrink, limits, say);
      }
    },
  }),
};

/** The revision that an abort takes back; undefined when none does, or when it is stable itself (the end of a rollback). */
function leavingOf(view: RolloutView | undefined): string | undefined {
  if (view === undefined || view.current === view.stable) return undefined;
  return view.transition === 'abort' || (view.transition === undefined && view.isAborted) ? view.current : undefined;
}

function checkConfirmed({ before, after, history }: RolloutStep, { viewLagMs }: Limits, say: Say): void {
  const confirmedAt = (view: RolloutView | undefined) => textOf(view?.status, 'verdict', 'confirmedStableAt');
  if (confirmedAt(after) === undefined || confirmedAt(after) === confirmedAt(before)) return;
  if (history.within(viewLagMs).some(isBack)) return;
  say(`${after.text} says that all traffic is confirmed on stable, but its routes do not say so`);
}

function isBack({ share, routes, stableService, stable }: RolloutView): boolean {
  const isStables = stableService === undefined || stableService.hash === undefined || stableService.hash === stable;
  return share !== undefined && share.high === 0 && routes?.isConfirmed === true && isStables;
}

function checkFall({ before, after }: RolloutStep, leaving: string, say: Say): void {
  if (before === undefined) return;
  const [was, is] = [writtenShare(before, leaving), writtenShare(after, leaving)];
  if (is.high <= was.high && is.low <= Math.max(was.low, 0)) return;
  say(`the weight of the aborted revision ${leaving} of ${after.text} rose from ${was.high} to ${is.high}`);
}

function checkDrained({ after, history }: RolloutStep, shrink: Shrink, limits: Limits, say: Say): void {
  if (history.within(limits.viewLagMs).some((view) => view.replicas === 0)) return;
  const drainMs = drainOf(after, shrink.hash);
  const windowMs = drainMs === 'keep' ? Number.MAX_SAFE_INTEGER : Math.max(0, drainMs - limits.clockToleranceMs);
  const broken = history.eras(windowMs).find((era) => mostShare(era, shrink.hash) > 0);
  if (broken === undefined) return;
  say(
    `the aborted ReplicaSet ${shrink.name} of ${after.text} lost pods (${shrink.from} to ${shrink.to}) before all traffic had been confirmed on stable for ${drainMs} ms`,
  );
}
