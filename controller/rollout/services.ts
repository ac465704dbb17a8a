/** Which revision the stable and the canary Service select; switched only onto pods that are there. */

import type { ServiceState } from './observed.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves, waitFor } from './moves.ts';
import { selectBySide } from './router-sides.ts';
import { available, refTo, type Scene, setOf } from './scene.ts';

/**
 * Makes `service` select `podHash`. A Service without a hash is adopted only once all pods of the revision are available,
 * a later switch needs `least` available pods (argo-rollouts.md 2.8). Until then it waits.
 */
export function selectRevision(
  scene: Scene,
  service: ServiceState | undefined,
  podHash: string | undefined,
  least = 1,
): Moves {
  if (service === undefined || podHash === undefined || service.podHash === podHash) return noMoves;
  const set = setOf(scene, podHash);
  const needed = service.podHash === undefined ? Math.max(least, set?.replicas ?? 1, 1) : least;
  if (scene.replicas > 0 && available(set) < needed) return waitForPods(scene, podHash, available(set), needed);
  if (service.routed !== undefined) return selectBySide(scene, service, podHash);
  const name = service.view.metadata.name;
  const from = service.podHash === undefined ? 'all pods' : service.podHash;
  const tells = [fact(scene.now, 'SwitchService', `Switched Service ${name} from ${from} to ${podHash}`)];
  return effects({ kind: 'SwitchService', target: refTo(service.view), podHash, tells });
}

/** `available` of `needed` pods of a revision are available. */
export function waitForPods(scene: Scene, podHash = '', value: number, needed: number): Moves {
  return waitFor({
    reason: 'PodsNotAvailable',
    on: `ReplicaSet/${scene.observed.rollout.metadata.name}-${podHash}`,
    value: String(value),
    limit: String(needed),
    moves: `It goes on when ${needed} pods of revision ${podHash} are available.`,
  });
}
