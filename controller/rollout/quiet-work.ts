/**
 * What is done only while the lifecycle has nothing to write: pods' temporary metadata, the workload behind workloadRef,
 * restarts. So none of it ever delays a weight, an abort or a verdict.
 */

import { argoBookkeeping } from './argo-bookkeeping.ts';
import { metadataEffects } from './ephemeral-metadata.ts';
import { effects, type Moves, together } from './moves.ts';
import { restart } from './restart.ts';
import type { Scene } from './scene.ts';
import { workloadEffects } from './workload.ts';

/** `moves` with that work added, or as they are when they write or record something themselves. */
export function withQuietWork(scene: Scene, moves: Moves): Moves {
  if (moves.effects.length > 0 || moves.event !== undefined || moves.patch !== undefined) return moves;
  const work = [...argoBookkeeping(scene), ...workloadEffects(scene), ...metadataEffects(scene)];
  return work.length > 0 ? together(moves, effects(...work)) : restart(scene, moves);
}
