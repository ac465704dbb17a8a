/** How many pods each revision shall have now, with and without a router, and the effects that get there. */

import { rollingLimits } from '../../crds/schema/defaults.ts';
import type { RolloutEffect } from './effects.ts';
import type { ReplicaSetView } from './observed.ts';
import { drainsBehindService } from './ping-pong.ts';
import { type Moves, noMoves, together } from './moves.ts';
import { moveWithin, type Side, type Split, splitFor } from './replica-ratio.ts';
import { createCurrent, revisionOf, scaleDownDeadline, scaleTo, setDeadline } from './replica-sets.ts';
import { instantOf } from './time-text.ts';
import { abortDrainMs, available, drainMs, readyBehind, type Scene } from './scene.ts';
import { hasFailed } from './lifecycle-status.ts';
import { canaryWeight } from './weights.ts';

export interface RatioRoles {
  /** Revision that gives pods away; undefined when there is none yet. */
  readonly stable: ReplicaSetView | undefined;
  /** Revision that gets them; undefined when nothing but stable is wanted. */
  readonly canary: ReplicaSetView | undefined;
  /** The canary is the current revision and its ReplicaSet has yet to be made. */
  readonly create?: boolean;
  readonly weight: number;
  /** Stable pods to keep while a Service still selects them. */
  readonly stableFloor?: number;
  /** Available canary pods, of those wanted, that are enough to have arrived; all by default. */
  readonly enough?: (wanted: number) => number;
}

export interface RatioPlan {
  readonly effects: readonly RolloutEffect[];
  readonly wanted: Split;
  /** Every revision has the size wanted in the end and the canary's pods are available. */
  readonly arrived: boolean;
}

const nobody: Side = { replicas: 0, available: 0 };

function sideOf(set: ReplicaSetView | undefined): Side {
  return set === undefined ? nobody : { replicas: set.replicas, available: available(set) };
}

/** Sizes without a router: every revision that has no role goes first. */
export function planRatio(scene: Scene, roles: RatioRoles): RatioPlan {
  const { replicas } = scene;
  const limits = rollingLimits(scene.observed.rollout);
  const wanted = splitFor(replicas, roles.weight, scene.total, limits.maxSurge);
  const rest = scene.observed.replicaSets.filter((set) => set !== roles.stable && set !== roles.canary);
  const move = moveWithin({
    replicas,
    limits,
    wanted,
    stable: sideOf(roles.stable),
    canary: sideOf(roles.canary),
    others: rest.map(sideOf),
    ...(roles.stableFloor === undefined ? {} : { stableFloor: roles.stableFloor }),
  });
  const effects = [
    ...(roles.create ? [createCurrent(scene, move.canary)] : scaleTo(scene, roles.canary, move.canary)),
    ...scaleTo(scene, roles.stable, move.stable),
    ...move.others.flatMap((to, index) => scaleTo(scene, rest[index], to)),
  ];
  const arrived =
    !roles.create &&
    rest.every((set) => set.replicas === 0) &&
    sideOf(roles.canary).replicas === wanted.canary &&
    sideOf(roles.canary).available >= (roles.enough?.(wanted.canary) ?? wanted.canary) &&
    sideOf(roles.stable).replicas === wanted.stable;
  return { effects: inOrder(effects), wanted, arrived };
}

/** Ups before downs, so that a failure in between leaves more pods rather than fewer. */
function inOrder(list: readonly RolloutEffect[]): readonly RolloutEffect[] {
  const isDown = (one: RolloutEffect) => one.kind === 'Scale' && one.to < one.from;
  return [...list.filter((one) => !isDown(one)), ...list.filter(isDown)];
}

/**
 * With a router: revisions that are neither current nor stable keep their pods for the drain delay after they lost their
 * role (the deadline stands in status or on the ReplicaSet), then go. A revision behind a Service is never touched here.
 */
export function retireOthers(scene: Scene, keep: readonly (string | undefined)[] = []): Moves {
  const { keys, stableService, canaryService } = scene.observed;
  const used = new Set([...keep, stableService?.podHash, canaryService?.podHash]);
  const plan: { effects: RolloutEffect[]; times: number[] } = { effects: [], times: [] };
  for (const set of scene.others) {
    const isUsed = used.has(set.podHash);
    const longer = drainAnew(scene, set);
    plan.effects.push(...longer);
    if (longer.length > 0 || set.replicas === 0 || (isUsed && !drainsBehindService(scene, set))) continue;
    const deadline = dueAt(scene, set);
    if (deadline === undefined) plan.effects.push(setDeadline(set, keys, scene.now + drainMs(scene)));
    else if (deadline > scene.now) plan.times.push(deadline);
    else if (!isUsed) plan.effects.push(...scaleTo(scene, set, 0));
  }
  return together(
    { ...noMoves, effects: plan.effects },
    ...plan.times.map((lookAgainAt) => ({ ...noMoves, lookAgainAt })),
  );
}

/**
 * Somebody else gave weight to a revision whose drain runs behind the canary Service, or gave it the stable Service: its
 * drain starts anew, with time for the router to take the weight away again.
 */
function drainAnew(scene: Scene, set: ReplicaSetView): readonly RolloutEffect[] {
  const deadline = deadlineOf(scene, set);
  const { canaryService, stableService } = scene.observed;
  // Its endpoints tell of a Service that was switched in between, by a write that was long under way.
  const isBehind = canaryService?.podHash === set.podHash || readyBehind(canaryService, set.podHash) > 0;
  const isServed = (isBehind && canaryWeight(scene) > 0) || stableService?.podHash === set.podHash;
  if (!isServed || set.replicas === 0 || deadline === undefined || deadline - scene.now >= drainMs(scene)) return [];
  const least = Math.max(drainMs(scene), shortestDrainMs);
  return [setDeadline(set, scene.observed.keys, scene.now + drainMs(scene) + least)];
}

/** Right after a promotion the deadline of the old revision stands in status, which saves a write of its own. */
export function deadlineOf(scene: Scene, set: ReplicaSetView): number | undefined {
  const recorded = scene.state === 'stable' ? instantOf(scene.status.drainUntil) : undefined;
  return scaleDownDeadline(set, scene.observed.keys) ?? recorded;
}

/** A drain that is cut short by scaleDownDelayRevisionLimit still lets open requests end. */
export const shortestDrainMs = 10_000;

/** Revisions beyond scaleDownDelayRevisionLimit, newest first, don't live on for the whole delay. */
function dueAt(scene: Scene, set: ReplicaSetView): number | undefined {
  const { keys } = scene.observed;
  const limit = scene.canary.scaleDownDelayRevisionLimit;
  const deadline = deadlineOf(scene, set);
  if (deadline === undefined || limit === undefined) return deadline;
  const newer = scene.others.filter((one) => one.replicas > 0 && revisionOf(one, keys) > revisionOf(set, keys));
  // The deadline of an aborted revision may have been set with another delay.
  const own = hasFailed(scene.status, set.podHash) ? abortDrainMs(scene) : undefined;
  const delayMs = Math.min(drainMs(scene), own ?? Number.POSITIVE_INFINITY);
  return newer.length < limit ? deadline : deadline - delayMs + Math.min(delayMs, shortestDrainMs);
}
