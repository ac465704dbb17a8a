/** The two states without a rollout under way: the first deploy, and stable with its housekeeping. */

import { revisionHistoryLimit } from '../../crds/schema/defaults.ts';
import { oldRuns } from './analysis-history.ts';
import { podsFor } from './canary-steps.ts';
import type { RolloutEffect } from './effects.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import type { ReplicaSetView } from './observed.ts';
import { createCurrent, revisionAnnotations, revisionOf, scaleDownDeadline, scaleTo } from './replica-sets.ts';
import { heldWait } from './pause.ts';
import { available, isHeld, isWhole, refTo, type Scene } from './scene.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { selectRevision, waitForPods } from './services.ts';
import { drainsBehindService } from './ping-pong.ts';
import { deadlineOf, planRatio, retireOthers } from './sizes.ts';
import { moveWeight, mostOnCanary } from './weights.ts';

/** One pass of 'deploying': there is no stable revision yet, so all pods at once and no steps. */
export function deploy(scene: Scene): Moves {
  const { current } = scene;
  const plan = planRatio(scene, { stable: undefined, canary: current, create: !current, weight: scene.total });
  const moves = effects(...revisionAnnotations(scene), ...plan.effects);
  if (plan.arrived && moves.effects.length === 0) return { ...noMoves, event: { type: 'available' } };
  return together(moves, waitForPods(scene, scene.currentHash, available(current), scene.replicas));
}

/** One pass of 'stable': everything as it shall stay. */
export function keepStable(scene: Scene): Moves {
  const { current, replicas, currentHash, observed } = scene;
  const sizes = scene.routed ? sizesRouted(scene) : sizesByPods(scene);
  const services = together(selectRevision(scene, observed.stableService, currentHash), selectCanary(scene));
  const weight = moveWeight(scene, { canary: 0, needs: 0, canaryHash: undefined, stableHash: currentHash });
  const missing = isWhole(current, replicas) ? noMoves : waitForPods(scene, currentHash, available(current), replicas);
  const work = together(effects(...revisionAnnotations(scene)), sizes, services, weight.moves);
  // Tidying up is never worth a write while something else is still moving.
  const tidy = work.effects.length > 0 || missing.waiting ? noMoves : tidyUp(scene);
  return together(missing, work, tidy, isHeld(scene) ? heldWait() : noMoves);
}

/** With ping-pong the free Service changes hands when the drain of the revision behind it is over. */
function selectCanary(scene: Scene): Moves {
  const { canaryService } = scene.observed;
  const behind = scene.others.find((set) => set.podHash === canaryService?.podHash);
  if (behind !== undefined && drainsBehindService(scene, behind)) {
    const deadline = deadlineOf(scene, behind);
    if (deadline === undefined || deadline > scene.now) return noMoves;
  }
  const least = Math.max(1, podsFor(mostOnCanary(scene), scene.replicas, scene.total));
  return selectRevision(scene, canaryService, scene.currentHash, least);
}

function sizesRouted(scene: Scene): Moves {
  const { current, replicas } = scene;
  const own = current
    ? [...withoutDeadline(scene, [current], revisionAnnotations(scene)), ...scaleTo(scene, current, replicas)]
    : [createCurrent(scene, replicas)];
  return together(effects(...own), retireOthers(scene));
}

function sizesByPods(scene: Scene): Moves {
  const { current } = scene;
  const plan = planRatio(scene, { stable: undefined, canary: current, create: !current, weight: scene.total });
  return effects(...plan.effects);
}

/** What nobody needs any more: ReplicaSets and AnalysisRuns beyond their limits. */
export function tidyUp(scene: Scene): Moves {
  return effects(...oldSets(scene), ...oldRuns(scene));
}

/** ReplicaSets without pods beyond the history limit, oldest first. */
function oldSets(scene: Scene): readonly RolloutEffect[] {
  const { keys, rollout } = scene.observed;
  const idle = scene.others.filter((set) => set.replicas === 0 && set.status.replicas === 0 && !isPending(scene, set));
  const newestFirst = idle.sort((one, other) => revisionOf(other, keys) - revisionOf(one, keys));
  return newestFirst.slice(revisionHistoryLimit(rollout)).map(deletion);
}

/** A scale-down that is still to come, such as that of a revision which a person scaled by hand. */
function isPending(scene: Scene, set: ReplicaSetView): boolean {
  const deadline = scaleDownDeadline(set, scene.observed.keys);
  return deadline !== undefined && deadline > scene.now;
}

function deletion(object: Parameters<typeof refTo>[0]): RolloutEffect {
  return { kind: 'Delete', target: refTo(object), tells: [] };
}
