/**
 * What adapters of plain two-way splits have in common: the two Services, shares of a plan, and one state out of several
 * places (rules, Ingresses) that each hold a split.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { Json, JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import type { Refusal, RouteState, WeightPlan } from './router.ts';

/** Names of the Services that carry stable and canary traffic now. */
export interface ServicePair {
  readonly stable: string;
  readonly canary: string;
}

export function servicePair(rollout: Rollout): ServicePair {
  const { stable = '', canary = '' } = servicesOf(rollout);
  return { stable, canary };
}

/** The pair that a plan names, else that of the Rollout. */
export function pairOf(rollout: Rollout, wanted: WeightPlan): ServicePair {
  const pair = servicePair(rollout);
  const named = (role: 'stable' | 'canary') => wanted.destinations.find((one) => one.role === role)?.service;
  return { stable: named('stable') || pair.stable, canary: named('canary') || pair.canary };
}

export function weightFor(plan: WeightPlan, role: 'stable' | 'canary'): number {
  return plan.destinations.find((one) => one.role === role)?.weight ?? 0;
}

/** Share of the canary, 0 to 1. */
export function share(plan: WeightPlan): number {
  return plan.total <= 0 ? 0 : weightFor(plan, 'canary') / plan.total;
}

export function twoWayPlan(pair: ServicePair, stable: number, canary: number): WeightPlan {
  return {
    total: stable + canary,
    destinations: [
      { service: pair.stable, role: 'stable', weight: stable },
      { service: pair.canary, role: 'canary', weight: canary },
    ],
  };
}

/** One place that holds a split. Without a plan its weights can't be known: they may be anything; `why` says why. */
export interface Reading {
  /** `Kind/name`, for sentences. */
  readonly where: string;
  readonly plan?: WeightPlan;
  readonly why?: string;
}

/** True when, on the way down, this place holds less than is wanted already and shall stay as it is. */
export function staysLower(reading: Reading, wanted: WeightPlan): boolean {
  return reading.plan !== undefined && share(reading.plan) < share(wanted);
}

/**
 * The state of places that were all read: the highest share, and the lowest where they differ. An unknown split counts as
 * both ends. `confirmed` is the router's own word on it, 'unknown' where it has none.
 */
export function stateOf(
  readings: readonly Reading[],
  pair: ServicePair,
  told: { readonly confirmed: RouteState['confirmed']; readonly why?: string },
): RouteState {
  const plans = readings.flatMap(({ plan }) => plan ?? [twoWayPlan(pair, 0, 100), twoWayPlan(pair, 100, 0)]);
  const [first, ...rest] = plans;
  if (first === undefined) return { written: undefined, confirmed: 'no', why: told.why ?? 'nothing holds weights' };
  const highest = rest.reduce((best, plan) => (share(plan) > share(best) ? plan : best), first);
  const lowest = rest.reduce((best, plan) => (share(plan) < share(best) ? plan : best), first);
  const differ = share(lowest) < share(highest);
  const doubt = readings.find(({ plan }) => plan === undefined)?.why;
  const where = readings.map((one) => one.where);
  const why = doubt ?? (differ ? `the weights of ${[...new Set(where)].join(', ')} differ` : told.why);
  return {
    written: highest,
    ...(differ ? { lowest } : {}),
    confirmed: differ && told.confirmed === 'yes' ? 'no' : told.confirmed,
    ...(why === undefined ? {} : { why }),
  };
}

/** The state when an object that holds the split is gone. */
export function unreadable(why: string): RouteState {
  return { written: undefined, confirmed: 'no', why };
}

/** `message` is one sentence without its full stop: object, field, found, allowed, remedy. */
export function refused(field: string, message: string): Refusal {
  return { kind: 'refused', field, message };
}

/** The refusal for an object that must exist and doesn't. */
export function missing(key: ObjectKey, field: string): Refusal {
  return refused(
    field,
    `${key.kind}/${key.name} does not exist in namespace ${key.namespace}; create it or correct the name`,
  );
}

/** True when the Rollout is the controlling owner. */
export function isOwnedBy(object: KubeObject, rollout: Rollout): boolean {
  const owner = object.metadata.ownerReferences?.find((one) => one.controller === true);
  return owner !== undefined && owner.uid === rollout.metadata.uid;
}

/** A list of typed parts as it goes into a patch: an interface has no index signature. */
export function jsonList(parts: readonly object[]): Json {
  return parts as unknown as readonly JsonObject[];
}

/** `/` and `~` of a key inside a JSON pointer. */
export function pointerPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
