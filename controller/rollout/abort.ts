/**
 * Going back to stable: after an abort, before a third revision starts, and when the template is stable's again. Capacity
 * first, then weight as fast as stable is ready, then the router's confirmation, then the drain, then fewer pods.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { podsFor } from './canary-steps.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import type { ReplicaSetView } from './observed.ts';
import { createCurrent, scaleTo } from './replica-sets.ts';
import { abortDrainMs, drainMs, readyBehind, type Scene } from './scene.ts';
import { regainStableService, rescue } from './regain.ts';
import { drainByAnnotation, withoutDeadline } from './scale-down-deadline.ts';
import { selectRevision, waitForPods } from './services.ts';
import { planRatio, retireOthers } from './sizes.ts';
import { deadlineText, instantOf, timeText } from './time-text.ts';
import { moveWeight, mostOnCanary } from './weights.ts';

/** One pass of 'aborting', 'superseding' or 'returning'. */
export function retreat(scene: Scene): Moves {
  if (scene.stable === undefined)
    // The template is stable's again (by a revert, for instance), so its ReplicaSet can be made anew.
    return scene.stableHash === scene.currentHash ? effects(createCurrent(scene, scene.replicas)) : stableIsGone(scene);
  return scene.routed ? retreatRouted(scene, scene.stable) : retreatByPods(scene, scene.stable);
}

function retreatRouted(scene: Scene, stable: ReplicaSetView): Moves {
  const { stableService } = scene.observed;
  const grow = effects(...withoutDeadline(scene, [stable]), ...scaleTo(scene, stable, scene.replicas));
  const isSwitched = stableService?.podHash === undefined || stableService.podHash === scene.stableHash;
  const weight = moveWeight(scene, { canary: 0, needs: 0, canaryHash: undefined, stableHash: scene.stableHash });
  if (isConfirmed(scene) && !(isSwitched && weight.settled)) return unconfirm(scene);
  if (!isSwitched) return together(grow, regainStableService(scene));
  const serves = scene.replicas === 0 || readyBehind(stableService, scene.stableHash) > 0;
  if (!weight.settled || !serves) {
    const capacity = serves ? noMoves : waitForPods(scene, stable.podHash, 0, 1);
    const adopt = selectRevision(scene, stableService, scene.stableHash);
    return together(grow, rescue(scene), adopt, weight.moves, capacity);
  }
  return together(grow, isConfirmed(scene) ? afterConfirmed(scene) : confirm(scene));
}

function isConfirmed(scene: Scene): boolean {
  const { drainUntil, verdict } = scene.status;
  return drainUntil !== undefined || (scene.state === 'aborting' && verdict?.confirmedStableAt !== undefined);
}

/** Somebody else gave the leaving revision traffic again: the drain that runs counts for nothing, it starts anew. */
function unconfirm(scene: Scene): Moves {
  const { verdict } = scene.status;
  const open = verdict === undefined ? {} : { verdict: { ...verdict, confirmedStableAt: undefined } };
  return { effects: [], facts: [], patch: { drainUntil: undefined, ...open } };
}

/** Records that all weight is back on stable, and from when on the leaving pods may go. */
function confirm(scene: Scene): Moves {
  const delayMs = scene.state === 'aborting' ? abortDrainMs(scene) : drainMs(scene);
  const patch: Partial<RolloutStatus> = {
    ...confirmedVerdict(scene),
    ...(delayMs === undefined ? {} : { drainUntil: deadlineText(scene.now + delayMs) }),
  };
  const tells = [fact(scene.now, 'StableConfirmed', `All traffic is on the stable revision ${scene.stableHash}`)];
  return { effects: [], facts: tells, patch };
}

/** Records in the verdict that all traffic is back on stable; the drain is not its business. */
export function stableConfirmed(scene: Scene): Moves {
  const tells = [fact(scene.now, 'StableConfirmed', `All traffic is on the stable revision ${scene.stableHash}`)];
  return { effects: [], facts: tells, patch: confirmedVerdict(scene) };
}

function confirmedVerdict(scene: Scene): Partial<RolloutStatus> {
  const { verdict } = scene.status;
  if (scene.state !== 'aborting' || verdict === undefined || verdict.confirmedStableAt !== undefined) return {};
  return { verdict: { ...verdict, confirmedStableAt: timeText(scene.now) } };
}

function afterConfirmed(scene: Scene): Moves {
  const free = scene.state === 'superseding' ? noMoves : freeCanaryService(scene);
  const until = instantOf(scene.status.drainUntil);
  const left = leaving(scene).filter((set) => set.replicas > 0);
  const [first] = left;
  if (until === undefined || first === undefined) return together(free, { ...noMoves, event: { type: 'settled' } });
  if (scene.state === 'aborting' && isArgo(scene.observed.dialect))
    return together(free, drainByAnnotation(scene, left));
  if (until > scene.now) {
    const moves = `Its pods are removed when the drain of open requests ends.`;
    return together(free, waitFor({ reason: 'Draining', on: `ReplicaSet/${first.metadata.name}`, until, moves }));
  }
  return together(free, effects(...left.flatMap((set) => scaleTo(scene, set, 0))));
}

/** Without weight on it, the canary Service selects stable, so that nobody who uses it finds it empty. */
function freeCanaryService(scene: Scene): Moves {
  const { canaryService } = scene.observed;
  const least = Math.max(1, podsFor(mostOnCanary(scene), scene.replicas, scene.total));
  const switched = selectRevision(scene, canaryService, scene.stableHash, least);
  return canaryService?.podHash === undefined ? noMoves : { ...switched, waiting: undefined };
}

/** Revisions that give up their pods: all but stable, and but the one that waits to start. */
function leaving(scene: Scene): readonly ReplicaSetView[] {
  const stays = scene.state === 'superseding' ? [scene.stableHash, scene.currentHash] : [scene.stableHash];
  return scene.observed.replicaSets.filter((set) => !stays.includes(set.podHash));
}

function retreatByPods(scene: Scene, stable: ReplicaSetView): Moves {
  const plan = planRatio(scene, { stable, canary: undefined, weight: 0 });
  const back = selectRevision(scene, scene.observed.stableService, scene.stableHash);
  const moves = together(effects(...plan.effects), back, freeCanaryService(scene));
  if (!plan.arrived || moves.effects.length > 0)
    return together(moves, waitForPods(scene, stable.podHash, stable.status.available, scene.replicas));
  const told = scene.state === 'aborting' ? [abortedFact(scene)] : [];
  return { effects: [], facts: told, patch: confirmedVerdict(scene), event: { type: 'settled' } };
}

/** Told at once with a router; without one when the canary's pods are given up (Argo's order: scaling, then aborted). */
export function abortedFact(scene: Scene) {
  const { verdict } = scene.status;
  const cause = verdict === undefined ? '' : `: ${verdict.message}`;
  return fact(
    scene.now,
    'RolloutAborted',
    `Aborted the update to revision ${verdict?.revision ?? scene.currentHash}${cause}`,
    {
      cause: verdict?.cause,
    },
  );
}

/** Nothing to go back to. */
export function stableIsGone(scene: Scene): Moves {
  return waitFor({
    reason: 'StableMissing',
    on: `ReplicaSet/${[scene.observed.rollout.metadata.name, scene.stableHash].join('-')}`,
    moves:
      'The ReplicaSet of the stable revision was deleted: release a working revision, or promote the current one in full.',
  });
}

/** Aborted and settled: stable keeps everything until a person or Git asks for something else. */
export function keepAborted(scene: Scene): Moves {
  const { verdict } = scene.status;
  const { stableHash } = scene;
  const { stableService } = scene.observed;
  const waiting = waitFor({
    reason: 'Aborted',
    on: 'user',
    moves: `Revision ${verdict?.revision ?? scene.currentHash} failed: change the template (in Git), or retry it by command.`,
  });
  if (scene.stable === undefined) return stableIsGone(scene);
  if (!scene.routed) {
    const plan = planRatio(scene, { stable: scene.stable, canary: undefined, weight: 0 });
    return together(effects(...plan.effects), selectRevision(scene, stableService, stableHash), waiting);
  }
  // Somebody, or a write that arrived late, gave it to another revision, which may have no pods any more.
  if (stableService?.podHash !== undefined && stableService.podHash !== stableHash)
    return together(effects(...scaleTo(scene, scene.stable, scene.replicas)), regainStableService(scene), waiting);
  const weight = moveWeight(scene, { canary: 0, needs: 0, canaryHash: undefined, stableHash });
  // Current and stable are one when it was a way back that was given up.
  const goes = weight.settled && abortDrainMs(scene) !== undefined && scene.currentHash !== stableHash;
  const down = goes ? scaleTo(scene, scene.current, 0) : [];
  const retired = retireOthers(scene);
  return together(
    effects(...scaleTo(scene, scene.stable, scene.replicas), ...down, ...retired.effects),
    // Somebody took the hash off: until it is back, the Service gives traffic to every revision that has pods.
    effects(...selectRevision(scene, stableService, stableHash).effects),
    freeCanaryService(scene),
    weight.moves,
    retired.lookAgainAt === undefined ? noMoves : { ...noMoves, lookAgainAt: retired.lookAgainAt },
    waiting,
  );
}
