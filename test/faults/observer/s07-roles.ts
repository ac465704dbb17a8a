/**
 * S07: Services and route agree on the roles except inside a recorded transition: the stable Service selects status.stableRS, and
 * what has canary weight is the current revision or stable.
 *
 * Counted: own commits to a Service, a route or the status of a Rollout after which they disagree with no transition recorded, when
 * they agreed before or a transition had been recorded. What others broke is theirs until it is put right. By the architecture a
 * retry may come while the stable Service still selects the revision that is tried again: the write that counts the attempt up is
 * exempt, and the way back from there is not a new disagreement.
 */

import type { Invariant } from './invariant.ts';
import type { RolloutView } from './rollout-view.ts';

export const s07: Invariant = {
  id: 'S07',
  begin: () => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn || !['Service', 'HTTPRoute', 'Rollout'].includes(commit.kind)) return;
      for (const { before, after } of rollouts) {
        const now = disagreement(after);
        if (now === undefined || before === undefined) continue;
        const isNew = before.transition !== undefined || disagreement(before) === undefined;
        if (isNew && after.attempt <= before.attempt) say(`${now} with no transition recorded`);
      }
    },
  }),
};

/** In words; undefined when the roles agree, or while a transition says that they may not. */
function disagreement(view: RolloutView): string | undefined {
  const { stable, current, stableService, canaryService, share, transition } = view;
  if (transition !== undefined || stable === undefined) return undefined;
  if (stableService?.hash !== undefined && stableService.hash !== stable)
    return `Service ${stableService.name} of ${view.text} selects ${stableService.hash}, but ${stable} is stable,`;
  const canary = canaryService?.hash;
  const isWeighted = (share?.high ?? 0) > 0;
  if (isWeighted && canary !== undefined && canary !== current && canary !== stable)
    return `${canary} of ${view.text} has canary weight, but is neither current nor stable,`;
  return undefined;
}
