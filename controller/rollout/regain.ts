/** Ways back out of corners: the stable Service already selects the revision that failed, or no revision has a ready pod. */

import { podsFor } from './canary-steps.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import { createCurrent, scaleTo } from './replica-sets.ts';
import { anyReadyBehind, available, readyBehind, type Scene } from './scene.ts';
import { selectRevision, waitForPods } from './services.ts';
import { canaryWeight, mostOnStable, moveWeight } from './weights.ts';

/**
 * At the end of a promotion both Services select the new revision. Going back, the stable Service may change only with no
 * more weight on it than stable has pods for; until then the weight stands on the canary Service, which is the same to users.
 */
export function regainStableService(scene: Scene): Moves {
  const { stableService, canaryService } = scene.observed;
  const taker = stableService?.podHash;
  const needed = Math.max(1, podsFor(mostOnStable(scene), scene.replicas, scene.total));
  const least = anyReadyBehind(stableService) === 0 ? 1 : needed;
  if (available(scene.stable) >= least || scene.replicas === 0)
    return selectRevision(scene, stableService, scene.stableHash, least);
  const wait = waitForPods(scene, scene.stableHash, available(scene.stable), least);
  if (canaryService?.podHash !== taker) return wait;
  const needs = Math.max(1, readyBehind(stableService, taker));
  const away = moveWeight(scene, { canary: scene.total, needs, canaryHash: taker, stableHash: scene.stableHash });
  return together(away.moves, wait);
}

/**
 * A third revision arrives while neither of the other two has a ready endpoint: waiting for one of them could be for ever.
 * Then the third gets pods for the weight that stands on the canary Service, and the Service with it.
 */
export function rescue(scene: Scene): Moves {
  const { stableService, canaryService } = scene.observed;
  const weight = canaryWeight(scene);
  if (scene.state !== 'superseding' || weight === 0) return noMoves;
  if (canaryService?.podHash === scene.currentHash) return { ...noMoves, event: { type: 'settled' } };
  if (anyReadyBehind(canaryService) > 0 || readyBehind(stableService, scene.stableHash) > 0) return noMoves;
  const needed = podsFor(weight, scene.replicas, scene.total);
  if (scene.current === undefined) return effects(createCurrent(scene, needed));
  if (scene.current.replicas < needed) return effects(...scaleTo(scene, scene.current, needed));
  return available(scene.current) < needed ? noMoves : selectRevision(scene, canaryService, scene.currentHash, needed);
}
