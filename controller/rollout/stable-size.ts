/**
 * Pods of the stable revision while another one is released behind a router: all of them, or with dynamicStableScale as many
 * as the larger of its wanted and its actual weight needs. It grows before weight comes back, and shrinks a drain after it left.
 */

import { podsFor } from './canary-steps.ts';
import { withFloor } from './canary-target.ts';
import type { RolloutEffect } from './effects.ts';
import { scaleTo } from './replica-sets.ts';
import type { Scene } from './scene.ts';
import { leastOnCanary, mostOnStable } from './weights.ts';

export function isDynamic(scene: Scene): boolean {
  return scene.routed && scene.canary.dynamicStableScale === true;
}

/** The size below which stable must not be, with `canary` as the canary weight that is wanted. */
function neededPods(scene: Scene, canary: number): number {
  return podsOf(scene, scene.total - Math.min(canary, leastOnCanary(scene)));
}

/** Until the router has taken a weight, the one before it may still be in force: nobody shrinks by it. */
function keptPods(scene: Scene, canary: number): number {
  return podsOf(scene, Math.max(scene.total - canary, mostOnStable(scene)));
}

function podsOf(scene: Scene, weight: number): number {
  return withFloor(scene, podsFor(weight, scene.replicas, scene.total));
}

/** Up to what is needed at once; down only to spec.replicas, which is never a matter of weight. */
export function growStable(scene: Scene, canary: number): readonly RolloutEffect[] {
  const { stable, replicas } = scene;
  if (!isDynamic(scene)) return scaleTo(scene, stable, replicas);
  if (stable === undefined || isReplaced(scene)) return [];
  return scaleTo(scene, stable, Math.min(replicas, Math.max(stable.replicas, neededPods(scene, canary))));
}

/** The size that stable may go down to once the drain is over; undefined when there is nothing to give up. */
export function surplusOf(scene: Scene, canary: number): number | undefined {
  const { stable } = scene;
  if (!isDynamic(scene) || stable === undefined) return undefined;
  const kept = keptPods(scene, canary);
  return stable.replicas > kept ? kept : undefined;
}

/** At the end of a promotion the stable Service selects the new revision: what is written there is no weight of stable's. */
function isReplaced({ observed, stableHash }: Scene): boolean {
  const { stableService } = observed;
  return stableService?.podHash !== undefined && stableService.podHash !== stableHash;
}
