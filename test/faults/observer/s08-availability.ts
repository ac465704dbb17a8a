/**
 * S08: a loss of pods by the controller's own write never leaves fewer available pods than spec.replicas - maxUnavailable.
 *
 * Counted: own commits that take pods from a ReplicaSet of a Rollout. Its pods that are not ready go first, so the ready ones that
 * stay are the smaller of ready and wanted, summed over all revisions; readiness, replicas and limits as they were at any moment
 * of the last `viewLagMs`, whichever is best for the controller. A write that takes only pods which were not ready loses nothing.
 */

import type { Invariant, RolloutStep, Say } from './invariant.ts';
import type { RolloutView } from './rollout-view.ts';
import { type Shrink, shrinkOf } from './s03-drain.ts';

export const s08: Invariant = {
  id: 'S08',
  begin: ({ viewLagMs }) => ({
    commit({ commit, isOwn, rollouts }, say) {
      const shrink = isOwn ? shrinkOf(commit) : undefined;
      if (shrink === undefined) return;
      for (const step of rollouts) if (step.after.uid === shrink.owner) check(step, shrink, viewLagMs, say);
    },
  }),
};

function check({ after, history }: RolloutStep, shrink: Shrink, lagMs: number, say: Say): void {
  const isFine = history.within(lagMs).some((view) => {
    const kept = keptPods(view, after, shrink);
    return kept >= view.replicas - view.maxUnavailable || (view.ready[shrink.hash] ?? 0) <= shrink.to;
  });
  if (isFine) return;
  say(
    `ReplicaSet ${shrink.name} of ${after.text} went from ${shrink.from} to ${shrink.to} pods, which leaves ${keptPods(after, after, shrink)} available of ${after.replicas}, at most ${after.maxUnavailable} may be missing`,
  );
}

/** Readiness of `view`, sizes of now: those are the controller's own. */
function keptPods(view: RolloutView, now: RolloutView, shrink: Shrink): number {
  const hashes = Object.keys(view.ready);
  return hashes.reduce((sum, hash) => {
    const wanted = hash === shrink.hash ? shrink.to : (now.sets.get(hash)?.replicas ?? 0);
    return sum + Math.min(view.ready[hash] ?? 0, wanted);
  }, 0);
}
