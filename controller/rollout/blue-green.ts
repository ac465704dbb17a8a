/**
 * What the scene means to a blue-green Rollout: the active Service is the stable Service of the scene, the preview Service its
 * canary Service. Here: sizes, when a switch of the active Service is in force, and the effects that several parts share.
 */

import { blueGreenAbortDelayMs, blueGreenDelayMs } from '../../crds/schema/defaults.ts';
import { attemptOf } from './attempt.ts';
import type { RolloutEffect } from './effects.ts';
import { effects, type Moves, noMoves, waitFor } from './moves.ts';
import type { ServiceState } from './observed.ts';
import { createCurrent, revisionAnnotations, scaleDownDeadline, scaleTo } from './replica-sets.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { anyReadyBehind, available, readyBehind, type Scene, setOf } from './scene.ts';
import { selectRevision } from './services.ts';

export function isBlueGreen(scene: Scene): boolean {
  return scene.blueGreen !== undefined;
}

export function activeOf(scene: Scene): ServiceState | undefined {
  return scene.observed.stableService;
}

export function previewOf(scene: Scene): ServiceState | undefined {
  return scene.observed.canaryService;
}

/** Milliseconds that the old pods live on once none of them is behind the active Service any more. */
export function delayMs(scene: Scene): number {
  return blueGreenDelayMs(scene.blueGreen);
}

/** The same of the preview after an abort; undefined means that it is kept. */
export function abortDelayMs(scene: Scene): number | undefined {
  const ms = blueGreenAbortDelayMs(scene.blueGreen);
  return ms === 'keep' ? undefined : ms;
}

/** Pods of the preview now: its own size before the switch is due, then what the Rollout asks for. */
export function previewSize(scene: Scene): number {
  const isDue = scene.state !== 'stepping' || scene.status.blueGreen?.scaleUpPreviewCheckPoint === true;
  return isDue ? scene.replicas : (scene.blueGreen?.previewReplicaCount ?? scene.replicas);
}

/** True when the active Service selects the revision and its endpoints are pods of this revision only, at least so many. */
export function isInForce(scene: Scene, podHash: string | undefined, least: number): boolean {
  const active = activeOf(scene);
  const ready = readyBehind(active, podHash);
  return (
    active !== undefined &&
    active.podHash === podHash &&
    anyReadyBehind(active) === ready &&
    ready >= Math.min(scene.replicas, least)
  );
}

/** True while the active Service selects the revision, or still has pods of it; without a hash it selects everybody's. */
export function isServing(scene: Scene, podHash: string): boolean {
  const active = activeOf(scene);
  if (active === undefined) return false;
  return active.podHash === undefined || active.podHash === podHash || readyBehind(active, podHash) > 0;
}

/**
 * Makes the active Service select a revision once this has all pods that the Rollout asks for. When nobody is ready behind
 * the Service, one available pod is better than none.
 */
export function switchActive(scene: Scene, podHash: string | undefined): Moves {
  const active = activeOf(scene);
  if (active === undefined) return activeIsMissing(scene);
  const least = anyReadyBehind(active) === 0 ? 1 : Math.max(1, scene.replicas);
  return selectRevision(scene, active, podHash, least);
}

function activeName({ blueGreen }: Scene): string {
  return String(blueGreen?.activeService);
}

export function activeIsMissing(scene: Scene): Moves {
  const name = activeName(scene);
  return waitFor({
    reason: 'ServiceMissing',
    on: `Service/${name}`,
    moves: `It goes on when Service ${name} exists: create it again.`,
  });
}

/** The switch is written, but the endpoints of the active Service do not show it yet. */
export function waitForForce(scene: Scene, podHash: string): Moves {
  const active = activeOf(scene);
  return waitFor({
    reason: 'EndpointsNotReady',
    on: `Service/${activeName(scene)}`,
    value: String(readyBehind(active, podHash)),
    limit: String(scene.replicas),
    moves: `It goes on when the endpoints of the active Service are pods of revision ${podHash} and no others.`,
  });
}

/** Numbers, and creates or sizes, the current revision. Argo tells of no unfinished update at the first deploy. */
export function sizeCurrent(scene: Scene, replicas: number): readonly RolloutEffect[] {
  const { current } = scene;
  const numbered = revisionAnnotations(scene, keepsDeadline(scene));
  if (current !== undefined) {
    const wanted = keepsDeadline(scene) ? [] : [current];
    return [...numbered, ...withoutDeadline(scene, wanted, numbered), ...scaleTo(scene, current, replicas)];
  }
  const made = createCurrent(scene, replicas);
  if (scene.state !== 'deploying') return [made];
  return [{ ...made, tells: made.tells.filter((one) => one.reason !== 'RolloutNotCompleted') }];
}

/**
 * Until its promotion a revision keeps the time until which its pods end the requests of an earlier life: nobody else would
 * know of it when the revision is given up again. One that was tried before gets the whole delay then (`isCarryingLive`).
 */
export function keepsDeadline({ state, status }: Scene): boolean {
  return state === 'stepping' && attemptOf(status) === 1;
}

/** Stable follows spec.replicas in every state. */
export function sizeStable(scene: Scene): readonly RolloutEffect[] {
  return scaleTo(scene, scene.stable, scene.replicas);
}

/** The preview Service selects a revision as soon as that has a pod, without anything waiting for it. */
export function showPreview(scene: Scene, podHash: string | undefined): Moves {
  const shown = selectRevision(scene, previewOf(scene), podHash);
  return shown.effects.length > 0 ? effects(...shown.effects) : noMoves;
}

/** A revision whose pods wait for their deadline, all of them there: a rollback to it needs no pause and no analysis. */
export function isWarm(scene: Scene, podHash: string): boolean {
  const set = setOf(scene, podHash);
  if (set === undefined || podHash === scene.stableHash) return false;
  const deadline = scaleDownDeadline(set, scene.observed.keys);
  return deadline !== undefined && deadline > scene.now && available(set) >= scene.replicas && scene.replicas > 0;
}
