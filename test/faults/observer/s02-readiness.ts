/**
 * S02: a write that raises the weight of a revision to w happens only if the revision has the ready endpoints for it,
 * cap(r, w) = its share of spec.replicas rounded up and at least 1.
 *
 * Counted: own commits to an HTTPRoute of a Rollout. A revision's weight is that of the Services that select it, so moving weight
 * between two Services that select the same revision raises nothing. Endpoints count as they were at any moment of the last
 * `viewLagMs`: what others took away within it the controller could not know.
 *
 * By the architecture: a setCanaryScale says itself how many pods the canary's weight needs (never none); nothing is needed with
 * spec.replicas 0; and weight goes to a revision with at least one ready endpoint when the other one has none left (6.3, the sole
 * exception).
 */

import { explicitSizeAt, podsFor } from './capacity.ts';
import { hashesOf, type RolloutHistory, writtenShare } from './history.ts';
import type { Invariant, RolloutStep, Say } from './invariant.ts';
import type { RolloutView } from './rollout-view.ts';

export const s02: Invariant = {
  id: 'S02',
  begin: ({ viewLagMs }) => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn || commit.kind !== 'HTTPRoute') return;
      for (const step of rollouts) for (const hash of hashesOf(step.after)) checkRaise(step, hash, viewLagMs, say);
    },
  }),
};

function checkRaise({ before, after, history }: RolloutStep, hash: string, lagMs: number, say: Say): void {
  const was = before === undefined ? { low: 0, high: 0 } : writtenShare(before, hash);
  const is = writtenShare(after, hash);
  const weight = is.high > was.high ? is.high : is.low > was.low ? is.low : undefined;
  // The state of a rule's manifest at the first install: nothing is being moved yet.
  if (weight === undefined || before?.share === undefined || before.current === undefined) return;
  if (isCovered(history, hash, weight, lagMs)) return;
  say(
    `the weight of ${hash} of ${after.text} was raised to ${weight} of ${after.total} with ${readyOf(after, hash)} ready endpoints, it needs ${podsFor(weight, after.replicas, after.total)}`,
  );
}

function isCovered(history: RolloutHistory, hash: string, weight: number, lagMs: number): boolean {
  return history.within(lagMs).some((view) => {
    if (view.replicas === 0) return true;
    const [own, others] = [readyOf(view, hash), otherReady(view, hash)];
    return own >= needed(view, hash, weight) || (own >= 1 && others === 0);
  });
}

function needed(view: RolloutView, hash: string, weight: number): number {
  const share = podsFor(weight, view.replicas, view.total);
  const isStepping = hash === view.current && hash !== view.stable && view.transition === undefined;
  const explicit = isStepping ? explicitSizeAt(view.steps, view.stepIndex, view.replicas) : undefined;
  return explicit === undefined ? share : Math.max(1, Math.min(share, explicit));
}

function readyOf({ stableService, canaryService }: RolloutView, hash: string): number {
  const services = [stableService, canaryService].filter((one) => one?.hash === hash);
  return Math.max(0, ...services.map((one) => one?.ready[hash] ?? 0));
}

function otherReady({ stableService, canaryService }: RolloutView, hash: string): number {
  const others = [stableService, canaryService].filter((one) => one !== undefined && one.hash !== hash);
  return others.flatMap((one) => Object.values(one?.ready ?? {})).reduce((sum, count) => sum + count, 0);
}
