/** Weights of one entry of a VirtualService: what it holds, and its destinations rewritten for a plan. */

import { hostName, type Split } from './istio-objects.ts';
import type { Locate } from './istio-select.ts';
import type { Shares, Sides } from './mesh-split.ts';
import type { Destination, WeightPlan } from './router.ts';

function weightIn(route: readonly Split[], locate: Locate, side: ReturnType<Locate>): number {
  return route.filter((one) => locate(one) === side).reduce((sum, one) => sum + (one.weight ?? 0), 0);
}

/** Service of a destination that is neither side, as experiments add them. */
export function extraService(split: Split, namespace: string): string {
  const host = split.destination?.host ?? '';
  const [name = '', space] = hostName(host, namespace).split('.');
  return space === namespace ? name : host;
}

/**
 * The plan that an entry holds. Fixed subsets take part of the total, except where the canary has all that they leave: then it
 * has all that a plan can give it.
 */
export function heldPlan(route: readonly Split[], locate: Locate, sides: Sides): WeightPlan {
  const [stable, canary, fixed] = (['stable', 'canary', 'fixed'] as const).map((side) =>
    weightIn(route, locate, side),
  ) as [number, number, number];
  const extras = route
    .filter((one) => locate(one) === undefined && (one.weight ?? 0) > 0)
    .map((one) => ({
      service: extraService(one, sides.namespace),
      role: 'extra' as const,
      weight: one.weight ?? 0,
    }));
  const isWhole = stable === 0 && canary > 0;
  const others: readonly Destination[] =
    isWhole || fixed === 0 ? extras : [...extras, { service: 'additional subsets', role: 'extra', weight: fixed }];
  return {
    total: stable + canary + others.reduce((sum, one) => sum + one.weight, 0),
    destinations: [
      { service: sides.stable, role: 'stable', weight: stable },
      { service: sides.canary, role: 'canary', weight: canary },
      ...others,
    ],
  };
}

/** `no-room`: fixed subsets hold so much that the rest can't be split as wanted; `room` is what they leave. */
export type Rewritten =
  | { readonly kind: 'route'; readonly route: readonly Split[]; readonly changed: boolean }
  | { readonly kind: 'no-room'; readonly room: number };

/**
 * The destinations with the wanted weights, which sum to 100 with those of fixed subsets. A destination with weight that is
 * neither side nor of the plan was an experiment's and goes; one without weight stays.
 */
export function rewriteRoute(route: readonly Split[], locate: Locate, shares: Shares, namespace: string): Rewritten {
  const room = 100 - weightIn(route, locate, 'fixed');
  const rest = room - shares.extras.reduce((sum, one) => sum + one.weight, 0);
  const canary = shares.stable === 0 ? rest : shares.canary;
  if (rest < canary || canary < 0) return { kind: 'no-room', room: Math.max(0, room) };
  const missing = new Map(shares.extras.map((one) => [one.service, one.weight]));
  const next: Split[] = [];
  for (const split of route) {
    const side = locate(split);
    if (side === 'fixed') next.push(split);
    else if (side !== undefined) next.push(withWeight(split, side === 'canary' ? canary : rest - canary));
    else {
      const service = extraService(split, namespace);
      const weight = missing.get(service);
      missing.delete(service);
      if (weight !== undefined) next.push(withWeight(split, weight));
      else if ((split.weight ?? 0) === 0) next.push(split);
    }
  }
  for (const [host, weight] of missing) next.push({ destination: { host }, weight });
  return {
    kind: 'route',
    route: next,
    changed: next.length !== route.length || next.some((one, at) => one !== route[at]),
  };
}

/** The same object where nothing changes; an absent weight is 0. */
function withWeight(split: Split, weight: number): Split {
  return (split.weight ?? 0) === weight ? split : { ...split, weight };
}
