/** Moves the weight of the canary Service towards a wanted one, and says what it waits for. */

import type { Reason } from '../reasons.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves, waitFor } from './moves.ts';
import { anyReadyBehind, readyBehind, type Scene } from './scene.ts';
import { lowestWeight, nextWeight, type WeightMove, weightPlan, writtenWeight } from './traffic-plan.ts';

export interface WantedWeight {
  /** Canary weight, of the scene's total. */
  readonly canary: number;
  /** Ready endpoints that the canary Service needs for it. */
  readonly needs: number;
  /** Revision that must stand behind the canary Service; undefined: whatever stands there counts. */
  readonly canaryHash: string | undefined;
  /** Revision whose endpoints behind the stable Service count. */
  readonly stableHash: string | undefined;
}

export interface WeightOutcome {
  readonly settled: boolean;
  readonly moves: Moves;
}

/** Canary weight written now; 0 without a router. */
export function canaryWeight(scene: Scene): number {
  const { traffic } = scene.observed;
  return traffic === undefined ? 0 : (writtenWeight(traffic.state, scene.total) ?? 0);
}

/** True when the router, where it can be asked, holds the same weights on every route and says that they are in force. */
export function isInForce(scene: Scene): boolean {
  const { traffic } = scene.observed;
  if (traffic === undefined) return true;
  const { confirmed, lowest } = traffic.state;
  return (
    lowest === undefined && (confirmed === 'yes' || (confirmed === 'unknown' && !traffic.router.can.has('confirm')))
  );
}

/** The most that may flow over the canary Service: until weights are in force, those before them may be anything. */
export function mostOnCanary(scene: Scene): number {
  return isInForce(scene) ? canaryWeight(scene) : scene.total;
}

/** The same of the stable Service. */
export function mostOnStable(scene: Scene): number {
  const { traffic } = scene.observed;
  if (traffic === undefined || !isInForce(scene)) return scene.total;
  return scene.total - (lowestWeight(traffic.state, scene.total) ?? 0);
}

/** One step of the weight towards `wanted`. Settled at once without a router. */
export function moveWeight(scene: Scene, wanted: WantedWeight): WeightOutcome {
  const { traffic, stableService, canaryService } = scene.observed;
  if (traffic === undefined) return { settled: true, moves: noMoves };
  const move = nextWeight({
    state: traffic.state,
    canConfirm: traffic.router.can.has('confirm'),
    differs: differsFrom(scene, wanted.canary),
    wanted: wanted.canary,
    total: scene.total,
    replicas: scene.replicas,
    canaryNeeds: wanted.needs,
    canaryReady:
      wanted.canaryHash === undefined
        ? anyReadyBehind(canaryService)
        : canaryService?.podHash === wanted.canaryHash
          ? readyBehind(canaryService, wanted.canaryHash)
          : 0,
    stableReady: readyBehind(stableService, wanted.stableHash),
  });
  return { settled: move.kind === 'settled', moves: movesOf(scene, move) };
}

/** Idempotent: as long as the router has something to write for this weight, it is written. */
function differsFrom(scene: Scene, canary: number): boolean {
  const { traffic, rollout } = scene.observed;
  const patches = traffic?.router.plan(rollout, planFor(scene, canary), traffic.found);
  return patches !== undefined && !('kind' in patches) && patches.length > 0;
}

function movesOf(scene: Scene, move: WeightMove): Moves {
  switch (move.kind) {
    case 'settled':
      return noMoves;
    case 'write':
      return refusedBy(scene, move.canary) ?? setWeight(scene, move);
    case 'unconfirmed':
    case 'unreadable':
      return waitFor({
        reason: move.kind === 'unconfirmed' ? 'RouterNotConfirmed' : 'RouterUnreadable',
        on: routeText(scene),
        value: move.why,
        moves: `It goes on when the router has confirmed the weights of ${routeText(scene)}.`,
      });
    case 'canary-not-ready':
    case 'stable-not-ready':
    case 'nobody-ready':
      return notReady(scene, move);
  }
}

type NotReady = Extract<WeightMove, { readonly ready: number }>;

const notReadyTexts: Readonly<Record<NotReady['kind'], { reason: Reason; moves: (needed: number) => string }>> = {
  'canary-not-ready': {
    reason: 'EndpointsNotReady',
    moves: (needed) => `Weight moves when the canary Service has ${needed} ready endpoints of the new revision.`,
  },
  'stable-not-ready': {
    reason: 'StableNotReady',
    moves: (needed) =>
      `More weight goes back when the stable Service has more ready endpoints, all of it with ${needed}.`,
  },
  'nobody-ready': {
    reason: 'NobodyReady',
    moves: () => 'Neither revision has a ready endpoint: the weight stays until one of the stable Service is ready.',
  },
};

function notReady(scene: Scene, move: NotReady): Moves {
  const { canaryService, stableService } = scene.canary;
  const { reason, moves } = notReadyTexts[move.kind];
  return waitFor({
    reason,
    on: `Service/${(move.kind === 'canary-not-ready' ? canaryService : stableService) ?? ''}`,
    value: String(move.ready),
    limit: String(move.needed),
    moves: moves(move.needed),
  });
}

function setWeight(scene: Scene, { canary, scope }: Extract<WeightMove, { readonly kind: 'write' }>): Moves {
  const before = canaryWeight(scene);
  const message = `Canary weight changed from ${before} to ${canary} of ${scene.total}`;
  const tells = [fact(scene.now, 'TrafficWeightUpdated', message, { from: String(before), to: String(canary) })];
  const wanted = planFor(scene, canary);
  return effects({ kind: 'SetWeight', wanted, ...(scope === undefined ? {} : { scope }), tells });
}

/** The router says why its objects can't be written, such as a third backend in a rule: nobody loses pods meanwhile. */
function refusedBy(scene: Scene, canary: number): Moves | undefined {
  const { traffic, rollout } = scene.observed;
  const answer = traffic?.router.plan(rollout, planFor(scene, canary), traffic.found);
  if (answer === undefined || !('kind' in answer)) return undefined;
  const moves = `The weight of the canary becomes ${canary} when ${routeText(scene)} can be written again: correct it.`;
  return waitFor({ reason: 'RouterRefused', on: 'user', value: answer.message, moves });
}

function planFor(scene: Scene, canary: number) {
  const { canaryService = '', stableService = '' } = scene.canary;
  return weightPlan(stableService, canaryService, canary, scene.total);
}

/** `Kind/name` of what the router writes, for sentences. */
export function routeText(scene: Scene): string {
  const { traffic, rollout } = scene.observed;
  const names = (traffic?.router.needs(rollout) ?? []).map((key) => `${key.kind}/${key.name}`);
  return names.join(', ') || 'the router';
}
