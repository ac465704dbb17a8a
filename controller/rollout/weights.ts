/** Moves the weight of the canary Service towards a wanted one, and says what it waits for. */

import { servicesOf } from '../../crds/schema/services-of.ts';
import type { Reason } from '../reasons.ts';
import type { Fact, Waiting } from '../decision.ts';
import { fact } from './facts.ts';
import { ingressFacts, refusalFacts, unverifiedFacts } from './argo-router-facts.ts';
import { effects, type Moves, noMoves, waitFor } from './moves.ts';
import { sideName, sideText } from './router-sides.ts';
import { anyReadyBehind, readyBehind, type Scene } from './scene.ts';
import { hasManagedRoutes, routeWish } from './step-routes.ts';
import type { Destination, WeightPlan } from '../traffic/router.ts';
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
  return (traffic && writtenWeight(traffic.state, scene.total)) ?? 0;
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

/** The most that may flow over the canary Service: until weights are in force, those before them may be anything; header routes count as something. */
export function mostOnCanary(scene: Scene): number {
  const { traffic, rollout } = scene.observed;
  if (!isInForce(scene)) return scene.total;
  const isRouted = traffic !== undefined && hasManagedRoutes(rollout, traffic);
  return Math.max(canaryWeight(scene), isRouted ? 1 : 0);
}

/** The same of the stable Service. */
export function mostOnStable(scene: Scene): number {
  return isInForce(scene) ? scene.total - leastOnCanary(scene) : scene.total;
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
  const { isBlocked } = routeWish(scene);
  if (move.kind === 'settled' && isBlocked) return { settled: false, moves: routesBlocked(scene) };
  return { settled: move.kind === 'settled', moves: movesOf(scene, move, wanted.canary) };
}

/** Idempotent: as long as the router has something to write for this weight, it is written. */
function differsFrom(scene: Scene, canary: number): boolean {
  const { traffic, rollout } = scene.observed;
  const patches = traffic?.router.plan(rollout, planFor(scene, canary), traffic.found);
  return patches !== undefined && !('kind' in patches) && patches.length > 0;
}

function movesOf(scene: Scene, move: WeightMove, wanted: number): Moves {
  switch (move.kind) {
    case 'settled':
      return noMoves;
    case 'write':
      return refusedBy(scene, move.canary) ?? setWeight(scene, move, wanted);
    case 'unconfirmed':
      return waitForRouter(scene, { reason: 'RouterNotConfirmed', value: move.why });
    case 'unreadable':
      return {
        ...waitForRouter(scene, { reason: 'RouterUnreadable', value: move.why }),
        facts: unverifiedFacts(scene, move.why),
      };
    case 'canary-not-ready':
    case 'stable-not-ready':
    case 'nobody-ready':
      return notReady(scene, move);
  }
}

function waitForRouter(scene: Scene, said: Pick<Waiting, 'reason' | 'value'>): Moves {
  const moves = `It goes on when the router has confirmed the weights of ${routeText(scene)}.`;
  return waitFor({ ...said, on: routeText(scene), moves });
}

type NotReady = Extract<WeightMove, { readonly ready: number }>;

/** `side` is what stands for the side that is not ready, as part of a sentence. */
type NotReadyText = (side: string, needed: number) => string;

const notReadyTexts: Readonly<Record<NotReady['kind'], { reason: Reason; moves: NotReadyText }>> = {
  'canary-not-ready': {
    reason: 'EndpointsNotReady',
    moves: (side, needed) => `Weight moves when ${side} has ${needed} ready endpoints of the new revision.`,
  },
  'stable-not-ready': {
    reason: 'StableNotReady',
    moves: (side, needed) => `More weight goes back when ${side} has more ready endpoints, all of it with ${needed}.`,
  },
  'nobody-ready': {
    reason: 'NobodyReady',
    moves: (side) => `Neither revision has a ready endpoint: the weight stays until one of ${side} is ready.`,
  },
};

function notReady(scene: Scene, move: NotReady): Moves {
  const { reason, moves } = notReadyTexts[move.kind];
  const side = move.kind === 'canary-not-ready' ? 'canary' : 'stable';
  return waitFor({
    reason,
    on: sideName(scene, side),
    value: String(move.ready),
    limit: String(move.needed),
    moves: moves(sideText(scene, side), move.needed),
  });
}

function setWeight(
  scene: Scene,
  { canary, scope }: Extract<WeightMove, { readonly kind: 'write' }>,
  meant: number,
): Moves {
  const wanted = planFor(scene, canary);
  const tells = [...driftFacts(scene, meant), ...ingressFacts(scene, wanted, scope), ...weightFacts(scene, canary)];
  return effects({ kind: 'SetWeight', wanted, ...(scope === undefined ? {} : { scope }), tells });
}

function weightFacts(scene: Scene, canary: number): readonly Fact[] {
  const before = canaryWeight(scene);
  const { managed } = routeWish(scene);
  const isSame = before === canary && leastOnCanary(scene) === canary;
  if (isSame) {
    // The route is only made, or says the same in another way.
    if (managed === undefined) return [];
    const names = managed.map((one) => one.name).join(', ') || 'none';
    return [fact(scene.now, 'ManagedRoutesUpdated', `Header and mirror routes to the canary: ${names}`)];
  }
  const message = `Canary weight changed from ${before} to ${canary} of ${scene.total}`;
  return [fact(scene.now, 'TrafficWeightUpdated', message, { from: String(before), to: String(canary) })];
}

/** Weights that had been reached and are others now: somebody else wrote the route. */
function driftFacts(scene: Scene, meant: number): readonly Fact[] {
  const [most, least] = [canaryWeight(scene), leastOnCanary(scene)];
  const reached = scene.status.canary?.weights?.canary.weight === meant;
  if (!reached || (most === meant && least === meant)) return [];
  const found = most === least ? String(most) : `${least} to ${most}`;
  const message = `Somebody else changed the canary weight of ${routeText(scene)} to ${found}; it is put back to ${meant}`;
  return [fact(scene.now, 'RouteDrift', message, { found, wanted: String(meant) })];
}

/** As `canaryWeight`, of the route that holds the least. */
export function leastOnCanary(scene: Scene): number {
  const { traffic } = scene.observed;
  return (traffic && lowestWeight(traffic.state, scene.total)) ?? 0;
}

/** Header and mirror routes wait until somebody can answer them. */
function routesBlocked(scene: Scene): Moves {
  return waitFor({
    reason: 'EndpointsNotReady',
    on: sideName(scene, 'canary'),
    value: '0',
    limit: '1',
    moves: `Header and mirror routes are written when ${sideText(scene, 'canary')} has a ready endpoint of the new revision; a setCanaryScale step before them gives it pods without weight.`,
  });
}

/** The router says why its objects can't be written, such as a third backend in a rule: nobody loses pods meanwhile. */
function refusedBy(scene: Scene, canary: number): Moves | undefined {
  const { traffic, rollout } = scene.observed;
  const answer = traffic?.router.plan(rollout, planFor(scene, canary), traffic.found);
  if (answer === undefined || !('kind' in answer)) return undefined;
  const moves = `The weight of the canary becomes ${canary} when ${routeText(scene)} can be written again: correct it.`;
  const waiting = waitFor({ reason: 'RouterRefused', on: 'user', value: answer.message, moves });
  return { ...waiting, facts: refusalFacts(scene, answer.message) };
}

/**
 * The one place where a plan for the router is made: both Services with their revisions, the destinations of an experiment,
 * which take their weight from stable's, and the routes of header and mirror steps.
 */
function planFor(scene: Scene, canary: number): WeightPlan {
  const services = servicesOf(scene.observed.rollout);
  const plan = weightPlan(services.stable ?? '', services.canary ?? '', canary, scene.total);
  const { managed } = routeWish(scene);
  const routed = managed === undefined ? {} : { managed };
  const [stable, other] = plan.destinations;
  return { ...plan, ...routed, destinations: withExtras(scene, hashed(scene, stable), hashed(scene, other)) };
}

/** Routers that tell revisions apart by labels need the revision behind each Service. */
function hashed(scene: Scene, destination: Destination): Destination {
  const { stableService, canaryService } = scene.observed;
  const isStable = destination.role === 'stable';
  const known = isStable ? stableService : canaryService;
  const podHash = known === undefined ? (isStable ? scene.stableHash : scene.currentHash) : known.podHash;
  return podHash === undefined ? destination : { ...destination, podHash };
}

function withExtras({ state, extras }: Scene, stable: Destination, canary: Destination): readonly Destination[] {
  if (state !== 'stepping' || extras.length === 0) return [stable, canary];
  let left = stable.weight;
  const taken = extras.map((one) => {
    const weight = Math.min(one.weight, left);
    left -= weight;
    return { ...one, weight };
  });
  return [{ ...stable, weight: left }, canary, ...taken];
}

/** `Kind/name` of what the router writes, for sentences. */
export function routeText(scene: Scene): string {
  const { traffic, rollout } = scene.observed;
  const names = traffic?.router.needs(rollout).map((key) => `${key.kind}/${key.name}`);
  return names?.join(', ') ?? 'the router';
}
