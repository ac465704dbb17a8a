/**
 * Going back to stable with blue-green: after an abort, before a third revision starts, and when the template is stable's
 * again. Capacity first, then the active Service, then its endpoints, and only then do the other revisions get their time to go.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import { attemptOf } from './attempt.ts';
import { stableIsGone, stableConfirmed } from './abort.ts';
import {
  activeIsMissing,
  activeOf,
  isInForce,
  isServing,
  showPreview,
  sizeCurrent,
  sizeStable,
  switchActive,
  waitForForce,
} from './blue-green.ts';
import { keepServed, markAborted, markLeaving, removeAborted, retire } from './blue-green-retire.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import { anyReadyBehind, available, isWhole, type Scene } from './scene.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { waitForPods } from './services.ts';

/** One pass of 'aborting', 'superseding' or 'returning'. */
export function goBack(scene: Scene): Moves {
  const { stable, stableHash = '' } = scene;
  if (stable === undefined)
    return stableHash === scene.currentHash ? effects(...sizeCurrent(scene, scene.replicas)) : stableIsGone(scene);
  const grow = effects(...withoutDeadline(scene, [stable]), ...sizeStable(scene));
  if (activeOf(scene) === undefined) return together(grow, activeIsMissing(scene));
  const isBack = activeOf(scene)?.podHash === stableHash && isInForce(scene, stableHash, 1);
  if (!isBack) return together(grow, keepServed(scene), reopened(scene), rescue(scene), takeBack(scene, stableHash));
  const { verdict } = scene.status;
  if (scene.state === 'aborting' && verdict !== undefined && verdict.confirmedStableAt === undefined)
    return together(grow, stableConfirmed(scene));
  return together(grow, settleBack(scene));
}

function takeBack(scene: Scene, stableHash: string): Moves {
  return activeOf(scene)?.podHash === stableHash ? waitForForce(scene, stableHash) : switchActive(scene, stableHash);
}

/** Somebody else gave the leaving revision the Service again: traffic is not confirmed to be on stable any more. */
function reopened(scene: Scene): Moves {
  const { verdict } = scene.status;
  if (scene.state !== 'aborting' || verdict?.confirmedStableAt === undefined) return noMoves;
  return { ...noMoves, patch: { verdict: { ...verdict, confirmedStableAt: undefined } } };
}

/** A third revision is never held up by a stable one that can't take the traffic: then live traffic stays where it is. */
function rescue(scene: Scene): Moves {
  const isNobodyThere = anyReadyBehind(activeOf(scene)) === 0 && available(scene.stable) > 0;
  const isStuck = scene.state === 'superseding' && available(scene.stable) < scene.replicas && !isNobodyThere;
  if (!isStuck || scene.stable?.replicas !== scene.replicas) return noMoves;
  const marks = markLeaving(scene, scene.others);
  return marks.length > 0 ? effects(...marks) : { ...noMoves, event: { type: 'settled' } };
}

/** All traffic is on stable. The others may go once stable is whole (argo-rollouts.md 2.6), which nothing newer waits for. */
function settleBack(scene: Scene): Moves {
  const { stable, stableHash = '' } = scene;
  if (scene.state !== 'superseding' && !isWhole(stable, scene.replicas))
    return waitForPods(scene, stableHash, available(stable), scene.replicas);
  const aborted = scene.state === 'aborting' ? markAborted(scene) : [];
  const marks = [...aborted, ...markLeaving(scene, scene.others)];
  return marks.length > 0 ? effects(...marks) : { ...noMoves, event: { type: 'settled' } };
}

/** Aborted and settled: stable keeps everything, the preview lives on until its time, if it has one. */
export function stayAborted(scene: Scene): Moves {
  const { verdict } = scene.status;
  const { stable, stableHash } = scene;
  if (stable === undefined) return stableIsGone(scene);
  const waiting = waitFor({
    reason: 'Aborted',
    on: 'user',
    moves: `Revision ${verdict?.revision ?? scene.currentHash} failed: change the template (in Git), or retry it by command.`,
  });
  const live = activeOf(scene)?.podHash === stableHash ? noMoves : effects(...switchActive(scene, stableHash).effects);
  const grow = effects(...withoutDeadline(scene, [stable]), ...sizeStable(scene));
  const freed = freePreview(scene);
  const down = freed.effects.length > 0 ? noMoves : removeAborted(scene);
  return together(grow, retire(scene), keepServed(scene), live, freed, down, waiting);
}

/** With its pods about to go, the preview Service selects stable, so that nobody who uses it finds it empty. Argo leaves it. */
function freePreview(scene: Scene): Moves {
  const isLeaving = removeAborted(scene).effects.length > 0 || (scene.current?.replicas ?? 0) === 0;
  return isLeaving && !isArgo(scene.observed.dialect) ? showPreview(scene, scene.stableHash) : noMoves;
}

/** True while a revision that is neither stable nor the new one must give up live traffic, or its drain is not settled. */
export function isCarryingLive(scene: Scene, podHash: string): boolean {
  const { stableHash } = scene;
  const active = activeOf(scene);
  if (stableHash === undefined) return false;
  const isTaken = active?.podHash !== undefined && active.podHash !== stableHash;
  const leaving = scene.observed.replicaSets.filter(
    (set) => ![stableHash, podHash].includes(set.podHash) && set.replicas > 0,
  );
  // What was tried before may have been live until a moment ago.
  const isRetried = attemptOf(scene.status) > 1 && scene.state === 'stepping';
  const isOpen = isRetried || scene.status.transition !== undefined || scene.status.abortedAt !== undefined;
  const hasDeadline = (at: string | undefined) => at !== undefined;
  const { scaleDownDeadline } = scene.observed.keys;
  return (
    isTaken ||
    leaving.some(
      (set) => isServing(scene, set.podHash) || (isOpen && !hasDeadline(set.metadata.annotations?.[scaleDownDeadline])),
    )
  );
}
