/**
 * S03: no write lowers the pods of a revision below what its highest weight of the last D needs, where D is the drain delay of the
 * Rollout: scaleDownDelaySeconds, and for what an abort took the weight from abortScaleDownDelaySeconds (10 s each when unset).
 *
 * Counted: own commits that lower spec.replicas of a ReplicaSet of a Rollout with a router, or delete one that has pods. The
 * weight of a revision is that of the Services that select it or have ready endpoints of it; until the Gateways have confirmed a
 * route (`status.parents`), each version since the last confirmed one may be served. Without a router nothing is drained (S08).
 * With abortScaleDownDelaySeconds 0 an aborted canary is kept and never scaled down by the controller. Pods of a Rollout with
 * spec.replicas 0 need no drain.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { podsFor } from './capacity.ts';
import { mostShare, type RolloutHistory } from './history.ts';
import type { Invariant, Limits, RolloutStep, Say } from './invariant.ts';
import { labelOf, numberOf, ownerUidOf } from './read-json.ts';
import { keys, type RolloutView } from './rollout-view.ts';

export const s03: Invariant = {
  id: 'S03',
  begin: (limits) => ({
    commit({ commit, isOwn, rollouts }, say) {
      const shrink = isOwn ? shrinkOf(commit) : undefined;
      if (shrink === undefined) return;
      for (const step of rollouts) if (step.after.uid === shrink.owner) checkShrink(step, shrink, limits, say);
    },
  }),
};

export interface Shrink {
  readonly owner: string;
  readonly hash: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly isDelete: boolean;
}

/** A commit that takes pods from a ReplicaSet; undefined for any other. */
export function shrinkOf({ kind, name, before, after }: Commit): Shrink | undefined {
  if (kind !== 'ReplicaSet' || before === undefined) return undefined;
  const from = numberOf(before, 'spec', 'replicas') ?? 1;
  const isLeaving =
    after?.['metadata'] !== undefined && numberOf(after, 'metadata', 'deletionGracePeriodSeconds') === 0;
  const to = after === undefined || isLeaving ? 0 : (numberOf(after, 'spec', 'replicas') ?? 1);
  if (to >= from) return undefined;
  const [owner, hash] = [ownerUidOf(before), labelOf(before, keys.podTemplateHash)];
  return owner === undefined || hash === undefined
    ? undefined
    : { owner, hash, name, from, to, isDelete: after === undefined || isLeaving };
}

function checkShrink({ after, history }: RolloutStep, shrink: Shrink, limits: Limits, say: Say): void {
  if (after.isBlueGreen) return checkServed({ after, history }, shrink, limits, say);
  if (after.routes === undefined || mayBeIdle(history, limits.viewLagMs)) return;
  const drainMs = drainOf(after, shrink.hash);
  const windowMs = drainMs === 'keep' ? Number.MAX_SAFE_INTEGER : Math.max(0, drainMs - limits.clockToleranceMs);
  const weight = Math.max(0, ...history.eras(windowMs).map((era) => mostShare(era, shrink.hash)));
  // The fewest pods wanted lately: whoever lowered spec.replicas did so before the controller could see it.
  const replicas = Math.min(...history.within(limits.viewLagMs).map((view) => view.replicas));
  const needed = podsFor(weight, replicas, after.total);
  if (shrink.to >= needed) return;
  const span = drainMs === 'keep' ? 'and an aborted canary is kept' : `within the last ${drainMs} ms`;
  say(
    `ReplicaSet ${shrink.name} of ${after.text} went from ${shrink.from} to ${shrink.to} pods, but had up to ${weight} of ${after.total} of the weight ${span}, which needs ${needed}`,
  );
}

/** Blue-green: a revision keeps what the Rollout asks for until the delay after the active Service has let go of it. */
function checkServed(
  { after, history }: Pick<RolloutStep, 'after' | 'history'>,
  shrink: Shrink,
  limits: Limits,
  say: Say,
): void {
  const replicas = Math.min(...history.within(limits.viewLagMs).map((view) => view.replicas));
  if (shrink.to >= replicas) return;
  const drainMs = drainOf(after, shrink.hash);
  const windowMs = drainMs === 'keep' ? Number.MAX_SAFE_INTEGER : Math.max(0, drainMs - limits.clockToleranceMs);
  const isServed = history.within(windowMs).some(({ stableService: active }) => {
    return active?.hash === shrink.hash || (active?.ready[shrink.hash] ?? 0) > 0;
  });
  if (!isServed) return;
  say(
    `ReplicaSet ${shrink.name} of ${after.text} went from ${shrink.from} to ${shrink.to} pods, but was behind the active Service within the last ${drainMs} ms`,
  );
}

function mayBeIdle(history: RolloutHistory, lagMs: number): boolean {
  return history.within(lagMs).some((view) => view.replicas === 0);
}

/** Which of the two delays holds for what a revision leaves now. */
export function drainOf(view: RolloutView, hash: string): number | 'keep' {
  const isAborted = view.transition === 'abort' || (view.transition === undefined && view.isAborted);
  if (!isAborted) return view.promotionDrainMs;
  if (hash === view.current || view.abortDrainMs === 'keep') return view.abortDrainMs;
  // Older revisions leave by the delay of whatever took their weight.
  return Math.min(view.abortDrainMs, view.promotionDrainMs);
}
