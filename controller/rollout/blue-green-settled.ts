/** A blue-green Rollout without a release under way: the first deploy, and stable with its housekeeping. */

import {
  activeIsMissing,
  activeOf,
  isInForce,
  previewOf,
  sizeCurrent,
  switchActive,
  waitForForce,
} from './blue-green.ts';
import { retire } from './blue-green-retire.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import { heldWait } from './pause.ts';
import { available, isHeld, isWhole, type Scene } from './scene.ts';
import { selectRevision, waitForPods } from './services.ts';
import { tidyUp } from './settled.ts';

/** One pass of 'deploying': all pods at once; the Services follow when the revision is stable. */
export function deployFirst(scene: Scene): Moves {
  const { current, replicas, currentHash } = scene;
  const moves = together(effects(...sizeCurrent(scene, replicas)), retire(scene));
  if (isWhole(current, replicas) && moves.effects.length === 0) return { ...noMoves, event: { type: 'available' } };
  return together(moves, waitForPods(scene, currentHash, available(current), replicas));
}

/** One pass of 'stable': both Services select it, old revisions go when their time has come. */
export function stayStable(scene: Scene): Moves {
  const { current, replicas, currentHash } = scene;
  const sizes = effects(...sizeCurrent(scene, replicas));
  const missing = isWhole(current, replicas) ? noMoves : waitForPods(scene, currentHash, available(current), replicas);
  const preview = selectRevision(scene, previewOf(scene), currentHash);
  // A longer life for a revision that somebody gave the Service comes first: after the switch nobody can know of it.
  const work = together(sizes, retire(scene), liveMoves(scene), preview);
  const tidy = work.effects.length > 0 || missing.waiting ? noMoves : tidyUp(scene);
  return together(missing, work, tidy, isHeld(scene) ? heldWait() : noMoves);
}

function liveMoves(scene: Scene): Moves {
  if (activeOf(scene) === undefined) return activeIsMissing(scene);
  if (activeOf(scene)?.podHash !== scene.currentHash) return switchActive(scene, scene.currentHash);
  return isInForce(scene, scene.currentHash, 1) ? noMoves : waitForForce(scene, scene.currentHash);
}
