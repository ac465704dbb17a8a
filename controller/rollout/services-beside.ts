/**
 * A Rollout may name two pairs of Services: one takes turns, the other is stable's and the canary's. The router goes by one of
 * them; the other follows its roles all the same, as clients inside the cluster may use it (argo-rollouts.md 2.3).
 */

import { effects, type Moves, together } from './moves.ts';
import type { Scene } from './scene.ts';
import { selectRevision } from './services.ts';

/** The moves, and the selectors of the other pair. Nothing waits for them: no weight depends on them. */
export function withServicesBeside(scene: Scene, moves: Moves): Moves {
  const { beside } = scene.observed;
  if (beside === undefined) return moves;
  const pairs = [
    selectRevision(scene, beside.stable, scene.stableHash),
    selectRevision(scene, beside.canary, revisionOnTrial(scene)),
  ];
  return together(moves, effects(...pairs.flatMap((one) => one.effects)));
}

/** The canary's Service stands before the revision on trial, and before stable where there is none. */
function revisionOnTrial({ state, status, currentHash, stableHash }: Scene): string | undefined {
  switch (state) {
    case 'stepping':
    case 'stable':
      return currentHash;
    case 'promoting':
      return status.transition?.to ?? currentHash;
    case 'aborting':
    case 'aborted':
    case 'returning':
      return stableHash;
    case 'new':
    case 'deploying':
    case 'superseding':
      return undefined;
  }
}
