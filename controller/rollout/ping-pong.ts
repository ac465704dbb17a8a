/**
 * Two Services that take turns: a promotion leaves the weight where it is and swaps the roles in status, so that no Service
 * with traffic ever changes its selector. The Service that is free keeps the old revision until its drain is over.
 */

import { isPingPong } from '../../crds/schema/services-of.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Observed, ReplicaSetView } from './observed.ts';
import type { Scene } from './scene.ts';
import { mostOnCanary } from './weights.ts';

/** The same world with the roles that the Services have by another status: whichever was the canary's is stable's now. */
export function withRolesOf(observed: Observed, status: RolloutStatus): Observed {
  const { rollout, traffic, stableService, canaryService } = observed;
  const before = rollout.status?.canary?.stablePingPong;
  const after = status.canary?.stablePingPong;
  // Before the first promotion the roles are those of ping, which is what the first promotion records.
  const isFirst = before === undefined && !rollout.status?.stableRS;
  if (!isPingPong(rollout) || before === after || after === undefined || isFirst) return observed;
  const swapped = { ...rollout, status };
  return {
    ...observed,
    stableService: canaryService,
    canaryService: stableService,
    traffic: traffic && { ...traffic, state: traffic.router.read(swapped, traffic.found) },
  };
}

/** True while the free Service still stands before the revision that was stable last, without any weight. */
export function isFree(scene: Scene): boolean {
  return isPingPong(scene.observed.rollout) && scene.state === 'stable' && mostOnCanary(scene) === 0;
}

/** `set` waits for the end of its drain behind the free Service. */
export function drainsBehindService(scene: Scene, set: ReplicaSetView | undefined): boolean {
  const { canaryService } = scene.observed;
  return set !== undefined && set.replicas > 0 && canaryService?.podHash === set.podHash && isFree(scene);
}
