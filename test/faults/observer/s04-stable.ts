/**
 * S04: exactly one revision is stable (status.stableRS); its ReplicaSet exists, is the same object until another revision is
 * stable, is never deleted by the controller, and never scaled below policy: with a router spec.replicas (with dynamicStableScale
 * what its weight needs), without one what the current step leaves to stable (in a promotion nothing).
 *
 * Counted: own commits to ReplicaSets of a Rollout, and own status writes that change stableRS: only to the revision of a recorded
 * promotion, or from none at the first deploy. spec.replicas counts as the least of the last `viewLagMs`.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { podsFor, weightAt } from './capacity.ts';
import type { Invariant, RolloutStep, Say } from './invariant.ts';
import { valueAt } from './read-json.ts';
import type { RolloutView } from './rollout-view.ts';
import { type Shrink, shrinkOf } from './s03-drain.ts';

export const s04: Invariant = {
  id: 'S04',
  begin: ({ viewLagMs }) => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn) return;
      const shrink = shrinkOf(commit);
      for (const step of rollouts) {
        if (shrink !== undefined && step.after.uid === shrink.owner) checkSize(step, shrink, viewLagMs, say);
        if (commit.kind === 'Rollout') checkSuccession(step, commit, say);
      }
    },
  }),
};

function checkSize({ before, after, history }: RolloutStep, shrink: Shrink, lagMs: number, say: Say): void {
  if (before?.stable !== shrink.hash) return;
  const what = `ReplicaSet ${shrink.name} of the stable revision of ${after.text}`;
  if (shrink.isDelete) return say(`${what} was deleted`);
  const policy = Math.min(...history.within(lagMs).map(leastStable));
  if (shrink.to < policy) say(`${what} went from ${shrink.from} to ${shrink.to} pods, it keeps at least ${policy}`);
}

function isDynamic({ object }: RolloutView): boolean {
  return valueAt(object, 'spec', 'strategy', 'canary', 'dynamicStableScale') === true;
}

/** Without a router the split may use one pod more than spec.replicas, so stable's part is at least this. */
function leastStable(view: RolloutView): number {
  const { replicas, total, steps, stepIndex, routes } = view;
  if (routes !== undefined)
    return isDynamic(view) ? podsFor(total - (view.share?.high ?? 0), replicas, total) : replicas;
  if (view.transition === 'promote') return 0;
  const goesBack = view.transition !== undefined || view.isAborted || view.current === view.stable;
  const weight = goesBack ? 0 : weightAt(steps, stepIndex, total);
  const leftOf = (pods: number) => pods - Math.ceil((pods * weight) / total);
  return Math.max(0, Math.min(leftOf(replicas), leftOf(replicas + 1)));
}

function checkSuccession({ before, after }: RolloutStep, { name, namespace }: Commit, say: Say): void {
  if (before === undefined || after.name !== name || after.namespace !== namespace) return;
  if (before.stable === after.stable) return;
  if (after.stable === undefined) return say(`${after.text} has no stable revision any more, it was ${before.stable}`);
  const isFirst = before.stable === undefined && after.stable === before.current;
  const isPromoted = before.transition === 'promote' && before.transitionTo === after.stable;
  if (!isFirst && !isPromoted)
    say(`${after.text} made ${after.stable} stable instead of ${before.stable ?? 'none'} without a recorded promotion`);
  if (!after.sets.has(after.stable)) say(`${after.text} made ${after.stable} stable, which has no ReplicaSet`);
}
