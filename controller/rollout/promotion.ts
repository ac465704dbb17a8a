/**
 * The end of a rollout: all weight onto the new revision by the canary Service, the stable Service onto its pods, the
 * weight back to the stable Service, and only then is it stable. The same way leads back to an older one ('rollback').
 */

import { rollingLimits } from '../../crds/schema/defaults.ts';
import { isPingPong } from '../../crds/schema/services-of.ts';
import { targetsInService } from './load-balancer.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import type { ServiceState } from './observed.ts';
import { heldWait } from './pause.ts';
import { createCurrent, revisionAnnotations, scaleTo } from './replica-sets.ts';
import { sideName, sideText } from './router-sides.ts';
import { anyReadyBehind, available, isHeld, readyBehind, type Scene, setOf } from './scene.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { selectRevision, waitForPods } from './services.ts';
import { planRatio, retireOthers } from './sizes.ts';
import { growStable } from './stable-size.ts';
import { holdSizes } from './stepping.ts';
import { canaryWeight, moveWeight } from './weights.ts';

/** One pass of 'promoting'. */
export function promote(scene: Scene): Moves {
  const to = scene.status.transition?.to ?? scene.currentHash;
  const isBack = to !== scene.currentHash;
  const target = setOf(scene, to);
  if (target === undefined && isBack) return targetIsGone(scene, to);
  const isSwitched = scene.routed && scene.observed.stableService?.podHash === to;
  if (isHeld(scene) && !isBack && !isSwitched) return together(holdSizes(scene), heldWait());
  if (!scene.routed) return promoteByPods(scene, to);
  const sizes = target ? scaleTo(scene, target, scene.replicas) : [createCurrent(scene, scene.replicas)];
  const numbered = isBack ? [] : revisionAnnotations(scene);
  const capacity = effects(
    ...numbered,
    ...withoutDeadline(scene, [scene.stable, target], numbered),
    ...growStable(scene, scene.total),
    ...sizes,
    ...retireOthers(scene, [to]).effects,
  );
  const wait = available(target) < scene.replicas ? waitForPods(scene, to, available(target), scene.replicas) : noMoves;
  return together(capacity, moveTraffic(scene, to), wait);
}

function moveTraffic(scene: Scene, to: string): Moves {
  const { stableService, canaryService } = scene.observed;
  const takesTurns = isPingPong(scene.observed.rollout);
  if (stableService?.podHash === to && !takesTurns) return backToStableService(scene, to);
  if (canaryService?.podHash !== to) {
    // Weight on the canary Service belongs to somebody else: take it off before the Service changes hands.
    const freed = moveWeight(scene, { canary: 0, needs: 0, canaryHash: undefined, stableHash: scene.stableHash });
    return freed.settled ? selectRevision(scene, canaryService, to) : freed.moves;
  }
  const weight = moveWeight(scene, {
    canary: scene.total,
    needs: scene.replicas,
    canaryHash: to,
    stableHash: scene.stableHash,
  });
  if (!weight.settled) return weight.moves;
  return takesTurns
    ? whenInService(scene, canaryService, done(scene, to))
    : selectRevision(scene, stableService, to, scene.replicas);
}

/** The stable Service selects the new pods; weight goes back to it once its endpoints are these and only these. */
function backToStableService(scene: Scene, to: string): Moves {
  const { stableService } = scene.observed;
  const ready = readyBehind(stableService, to);
  const old = anyReadyBehind(stableService) - ready;
  if (canaryWeight(scene) > 0 && (ready < scene.replicas || old > 0)) {
    return waitFor({
      reason: 'EndpointsNotReady',
      on: sideName(scene, 'stable'),
      value: String(ready),
      limit: String(scene.replicas),
      moves: `Weight goes back to ${sideText(scene, 'stable')} when its endpoints are ${scene.replicas} pods of ${to} and no others.`,
    });
  }
  const weight = moveWeight(scene, { canary: 0, needs: 0, canaryHash: undefined, stableHash: to });
  return whenInService(scene, stableService, weight.settled ? done(scene, to) : weight.moves);
}

/** A load balancer of AWS must have the endpoints of the Service before it gets the weight, and before older pods go. */
function whenInService(scene: Scene, service: ServiceState | undefined, moves: Moves): Moves {
  const targets = targetsInService(scene, service);
  if (!targets.isVerified) return targets.moves;
  return moves.event === undefined ? moves : together(moves, targets.moves);
}

function done(scene: Scene, to: string): Moves {
  return { ...noMoves, event: { type: 'promoted', back: to !== scene.currentHash } };
}

/** A stable pod stays until the stable Service selects the new revision, unless maxUnavailable allows none at all. */
function promoteByPods(scene: Scene, to: string): Moves {
  const { stableService, canaryService } = scene.observed;
  const target = setOf(scene, to);
  const limits = rollingLimits(scene.observed.rollout);
  const enough = scene.replicas - limits.maxUnavailable;
  const isPending = stableService?.podHash !== undefined && stableService.podHash !== to;
  const plan = planRatio(scene, {
    stable: scene.stable,
    canary: target,
    create: target === undefined,
    weight: scene.total,
    stableFloor: isPending && enough >= 1 ? 1 : 0,
  });
  const services = together(
    selectRevision(scene, stableService, to, Math.max(1, enough)),
    selectRevision(scene, canaryService, to),
  );
  const annotations = to === scene.currentHash ? revisionAnnotations(scene) : [];
  const moves = together(effects(...annotations, ...plan.effects), services);
  if (plan.arrived && moves.effects.length === 0 && !moves.waiting) return done(scene, to);
  return together(moves, waitForPods(scene, to, available(target), scene.replicas));
}

/** The ReplicaSet that a rollback goes to is missing. */
export function targetIsGone(scene: Scene, to: string): Moves {
  return waitFor({
    reason: 'RevisionMissing',
    on: `ReplicaSet/${scene.observed.rollout.metadata.name}-${to}`,
    moves: 'The ReplicaSet to go back to was deleted: release a working revision.',
  });
}
