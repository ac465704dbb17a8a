/**
 * Old revisions of a blue-green Rollout: each keeps its pods for the delay after the active Service has let go of it, then
 * loses them. A revision that never was behind the active Service goes at once.
 */

import { abortDelayMs, delayMs, isServing, keepsDeadline } from './blue-green.ts';
import type { RolloutEffect } from './effects.ts';
import { hasFailed } from './lifecycle-status.ts';
import { effects, type Moves, noMoves } from './moves.ts';
import type { ReplicaSetView } from './observed.ts';
import { shortestDrainMs } from './sizes.ts';
import { revisionOf, scaleDownDeadline, scaleTo, setDeadline } from './replica-sets.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import type { Scene } from './scene.ts';
import { instantOf } from './time-text.ts';

/** One pass over all revisions that are neither stable nor current. */
export function retire(scene: Scene): Moves {
  const { keys } = scene.observed;
  const open = scene.others.filter((set) => set.replicas > 0);
  const newestFirst = open.toSorted((one, other) => revisionOf(other, keys) - revisionOf(one, keys));
  const limit = scene.blueGreen?.scaleDownDelayRevisionLimit ?? Number.POSITIVE_INFINITY;
  const list: RolloutEffect[] = [];
  const times: number[] = [];
  let delayed = 0;
  for (const set of newestFirst) {
    const plan = planOf(scene, set, delayed < limit);
    list.push(...plan.effects);
    if (plan.at !== undefined) times.push(plan.at);
    if (plan.isDelayed) delayed += 1;
  }
  return { ...effects(...list), ...(times.length === 0 ? {} : { lookAgainAt: Math.min(...times) }) };
}

interface Plan {
  readonly effects: readonly RolloutEffect[];
  readonly at?: number;
  readonly isDelayed: boolean;
}

function planOf(scene: Scene, set: ReplicaSetView, mayStay: boolean): Plan {
  const { keys } = scene.observed;
  const deadline = scaleDownDeadline(set, keys);
  if (isServing(scene, set.podHash)) return servingPlan(scene, set, deadline);
  if (deadline === undefined) return { effects: remove(scene, set), isDelayed: false };
  const due = mayStay ? deadline : earliest(scene, set, deadline);
  if (due <= scene.now) return { effects: remove(scene, set), isDelayed: false };
  return { effects: [], at: due, isDelayed: mayStay };
}

/** A revision beyond the limit only ends its open requests. That of an aborted one may have been set with another delay. */
function earliest(scene: Scene, set: ReplicaSetView, deadline: number): number {
  const own = hasFailed(scene.status, set.podHash) ? abortDelayMs(scene) : undefined;
  const delay = Math.min(delayMs(scene), own ?? Number.POSITIVE_INFINITY);
  return deadline - delay + Math.min(delay, shortestDrainMs);
}

/**
 * Revisions that are served although neither stable nor promoted: by somebody's hand, or since stable can't take the traffic
 * back yet. Those that are marked when they leave (`markLeaving`) need nothing before.
 */
export function keepServed(scene: Scene): Moves {
  const { observed, stableHash, currentHash, state } = scene;
  const served = observed.replicaSets.filter(
    (set) => set.podHash !== stableHash && set.replicas > 0 && isServing(scene, set.podHash),
  );
  const plans = served.flatMap((set) => {
    const deadline = scaleDownDeadline(set, observed.keys);
    const isOnTrial = set.podHash === currentHash && (keepsDeadline(scene) || state === 'superseding');
    return deadline === undefined && !isOnTrial ? [] : [servingPlan(scene, set, deadline)];
  });
  const times = plans.flatMap(({ at }) => at ?? []);
  const moves = effects(...plans.flatMap((plan) => plan.effects));
  return times.length === 0 ? moves : { ...moves, lookAgainAt: Math.min(...times) };
}

/**
 * Somebody gave it the active Service, or took the Service's other pods away. When that ends is seen later, so the deadline
 * is kept more than a whole delay ahead for as long as it lasts.
 */
function servingPlan(scene: Scene, set: ReplicaSetView, deadline: number | undefined): Plan {
  const delay = delayMs(scene);
  if (deadline !== undefined && deadline - scene.now >= delay)
    return { effects: [], at: deadline - delay, isDelayed: true };
  const least = Math.max(delay, 10_000);
  return { effects: [setDeadline(set, scene.observed.keys, scene.now + delay + least)], isDelayed: true };
}

/** Takes all pods of a revision, asking the API server first whether the active Service selects it. */
export function remove(scene: Scene, set: ReplicaSetView): readonly RolloutEffect[] {
  return scaleTo(scene, set, 0).map((one) => ({ ...one, live: scene.replicas > 0 }));
}

/** Gives every one of these revisions that still has pods its time to go, as long as none is set. */
export function markLeaving(scene: Scene, sets: readonly ReplicaSetView[]): readonly RolloutEffect[] {
  const { keys } = scene.observed;
  const open = sets.filter((set) => set.replicas > 0 && scaleDownDeadline(set, keys) === undefined);
  return open.map((set) => setDeadline(set, keys, scene.now + delayMs(scene)));
}

/** Gives the aborted revision its time to go, instead of one of an earlier life; none to one that is kept. */
export function markAborted(scene: Scene): readonly RolloutEffect[] {
  const { current, stableHash, status } = scene;
  if (current === undefined || current.podHash === stableHash || current.replicas === 0) return [];
  const delay = abortDelayMs(scene);
  if (delay === undefined) return withoutDeadline(scene, [current]);
  const { keys } = scene.observed;
  const known = scaleDownDeadline(current, keys);
  const least = (instantOf(status.abortedAt) ?? scene.now) + delay;
  return known === undefined || known < least ? [setDeadline(current, keys, scene.now + delay)] : [];
}

/** The aborted revision when its time has come. */
export function removeAborted(scene: Scene): Moves {
  const { current } = scene;
  if (current === undefined || current.replicas === 0 || isServing(scene, current.podHash)) return noMoves;
  const deadline = scaleDownDeadline(current, scene.observed.keys);
  if (deadline === undefined) return noMoves;
  return deadline <= scene.now ? effects(...remove(scene, current)) : { ...noMoves, lookAgainAt: deadline };
}
