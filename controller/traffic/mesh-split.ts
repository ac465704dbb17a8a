/** What the mesh routers have in common: the two sides of a Rollout, shares of 100, and the range of weights that is held. */

import { dialectOf, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys, type Keys } from '../../crds/schema/keys.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { TrafficRouting } from '../../crds/schema/traffic-routing.ts';
import type { Destination, Refusal, RouteState, WeightPlan } from './router.ts';
import { pairOf, servicePair, type ServicePair, share } from './split.ts';

/** Path of the routers in a Rollout. */
export const routingField = 'spec.strategy.canary.trafficRouting';

export interface Sides extends ServicePair {
  readonly namespace: string;
}

export function routingOf(rollout: Rollout): TrafficRouting | undefined {
  return rollout.spec.strategy?.canary?.trafficRouting;
}

export function namespaceOf(rollout: Rollout): string {
  return rollout.metadata.namespace ?? '';
}

/** The Services that carry stable and canary traffic now. */
export function sidesOf(rollout: Rollout): Sides {
  return { ...servicePair(rollout), namespace: namespaceOf(rollout) };
}

/** The same by a plan, which knows best; what it leaves out comes from the Rollout. */
export function plannedSides(rollout: Rollout, wanted: WeightPlan): Sides {
  return { ...pairOf(rollout, wanted), namespace: namespaceOf(rollout) };
}

export function keysOf(rollout: Rollout): Keys {
  return keys(dialectOf(rollout.apiVersion?.split('/')[0] ?? '') ?? tidegateDialect);
}

/** Whole numbers that sum to 100: meshes know percentages only. */
export interface Shares {
  readonly stable: number;
  readonly canary: number;
  /** Those of an experiment with weight; others get no entry. */
  readonly extras: readonly Destination[];
}

/** A plan of another total is rounded in favour of the stable side. */
export function sharesOf(wanted: WeightPlan): Shares {
  const percent = (weight: number) =>
    wanted.total === 100 || wanted.total <= 0 ? weight : Math.floor((weight * 100) / wanted.total);
  const weightOf = (role: Destination['role']) => wanted.destinations.find((one) => one.role === role)?.weight ?? 0;
  const extras = wanted.destinations
    .filter((one) => one.role === 'extra' && one.weight > 0)
    .map((one) => ({ ...one, weight: percent(one.weight) }));
  const canary = percent(weightOf('canary'));
  const extra = extras.reduce((sum, one) => sum + one.weight, 0);
  return { stable: 100 - canary - extra, canary, extras };
}

/** Revision that shall stand behind a side; undefined leaves labels as they are. */
export function hashOf(wanted: WeightPlan, role: Destination['role']): string | undefined {
  return wanted.destinations.find((one) => one.role === role)?.podHash;
}

/** The plan with the highest canary share, and with the least where they differ. */
export function heldRange(plans: readonly WeightPlan[]): Pick<RouteState, 'written' | 'lowest'> {
  const sorted = [...plans].sort((a, b) => share(b) - share(a));
  const [written] = sorted;
  const lowest = sorted.at(-1);
  if (written === undefined || lowest === undefined) return { written: undefined };
  return share(lowest) < share(written) ? { written, lowest } : { written };
}

export function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refused';
}
