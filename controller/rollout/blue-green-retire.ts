/**
 * Old revisions of a blue-green Rollout: each keeps its pods for the delay after the active Service has let go of it, then
 * loses them. A revision that never was behind the active Service goes at once.
 */

import { blueGreenAbortDelayMs } from '../../crds/schema/defaults.ts';
import { delayMs, isServing } from './blue-green.ts';
import type { RolloutEffect } from './effects.ts';
import { effects, type Moves, noMoves } from './moves.ts';
import type { ReplicaSetView } from './observed.ts';
import { shortestDrainMs } from './sizes.ts';
import { revisionOf, scaleDownDeadline, scaleTo, setDeadline } from './replica-sets.ts';
import type { Scene } from './scene.ts';

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
  const due = mayStay ? deadline : deadline - delayMs(scene) + Math.min(delayMs(scene), shortestDrainMs);
  if (due <= scene.now) return { effects: remove(scene, set), isDelayed: false };
  return { effects: [], at: due, isDelayed: mayStay };
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
  return scaleTo(scene, set, 0).map((one) => (one.kind === 'Scale' ? { ...one, live: scene.replicas > 0 } : one));
}

/** Gives every one of these revisions that still has pods its time to go, as long as none is set. */
export function markLeaving(scene: Scene, sets: readonly ReplicaSetView[]): readonly RolloutEffect[] {
  const { keys } = scene.observed;
  const open = sets.filter((set) => set.replicas > 0 && scaleDownDeadline(set, keys) === undefined);
  return open.map((set) => setDeadline(set, keys, scene.now + delayMs(scene)));
}

/** The aborted revision: undefined for one that is kept. */
export function markAborted(scene: Scene): readonly RolloutEffect[] {
  const { current, blueGreen, stableHash } = scene;
  const delay = blueGreen === undefined ? 'keep' : blueGreenAbortDelayMs(blueGreen);
  const { keys } = scene.observed;
  if (current === undefined || current.podHash === stableHash || current.replicas === 0 || delay === 'keep') return [];
  return scaleDownDeadline(current, keys) === undefined ? [setDeadline(current, keys, scene.now + delay)] : [];
}

/** The aborted revision when its time has come. */
export function removeAborted(scene: Scene): Moves {
  const { current } = scene;
  if (current === undefined || current.replicas === 0 || isServing(scene, current.podHash)) return noMoves;
  const deadline = scaleDownDeadline(current, scene.observed.keys);
  if (deadline === undefined) return noMoves;
  return deadline <= scene.now ? effects(...remove(scene, current)) : { ...noMoves, lookAgainAt: deadline };
}
