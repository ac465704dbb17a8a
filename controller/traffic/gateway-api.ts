/**
 * Gateway API adapter: weights of HTTPRoute backendRefs. Understands `trafficRouting.gatewayAPI.httpRoutes` and the
 * form of Argo's Gateway API plugin. Rules without both Services are left exactly as they are.
 */

import { type GatewayRoute as RouteTarget, gatewayRoutes } from '../../crds/schema/gateway-routes.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { JsonObject, ObjectKey } from '../../kube/api.ts';
import {
  asHttpRoute,
  type BackendRef,
  type HttpRoute,
  isService,
  notConfirmed,
  type RouteRule,
  weightOf,
} from './http-route.ts';
import type { Claim, Found, PlanScope, Refusal, RouteWrite, RouteState, TrafficRouter, WeightPlan } from './router.ts';

const routeGroup = 'gateway.networking.k8s.io';

export const gatewayApi: TrafficRouter = {
  name: 'GatewayAPI',
  can: new Set(['weight', 'confirm']),
  needs: (rollout) =>
    routeTargets(rollout)
      .filter((target) => isOwn(rollout, target))
      .map(routeKey),
  read: readWeights,
  plan: planWeights,
  claims: claimWeights,
};

/** A plugin configuration that can't be read names no route; validation says what is wrong with it. */
function routeTargets(rollout: Rollout): readonly RouteTarget[] {
  const found = gatewayRoutes(rollout);
  return found.kind === 'routes' ? found.routes : [];
}

interface Pair {
  readonly stable: string;
  readonly canary: string;
  readonly namespace: string;
}

interface WeightedRule {
  readonly index: number;
  readonly stable: number;
  readonly canary: number;
  readonly refs: readonly BackendRef[];
}

function routeKey(target: RouteTarget): ObjectKey {
  return { group: routeGroup, kind: 'HTTPRoute', namespace: target.namespace, name: target.name };
}

/** A tenant may only name routes of its own namespace: the controller writes routes with its own rights. */
function isOwn(rollout: Rollout, target: RouteTarget): boolean {
  return target.namespace === rollout.metadata.namespace;
}

function servicePair(rollout: Rollout): Pair {
  const { stable = '', canary = '' } = servicesOf(rollout);
  return {
    stable,
    canary,
    namespace: rollout.metadata.namespace ?? '',
  };
}

function weightedRules(route: HttpRoute, target: RouteTarget, pair: Pair): readonly WeightedRule[] {
  const found: WeightedRule[] = [];
  for (const [index, rule] of (route.spec?.rules ?? []).entries()) {
    if (target.rule !== undefined && rule.name !== target.rule) continue;
    const refs = rule.backendRefs ?? [];
    const position = (service: string) =>
      refs.findIndex((ref) => isService(ref, service, target.namespace, pair.namespace));
    const [stable, canary] = [position(pair.stable), position(pair.canary)];
    if (stable >= 0 && canary >= 0) found.push({ index, stable, canary, refs });
  }
  return found;
}

/** Rules that disagree (a foreign edit, or half of a write) are read as both ends of the range and as not confirmed. */
function readWeights(rollout: Rollout, found: Found): RouteState {
  const pair = servicePair(rollout);
  let highest: WeightPlan | undefined;
  let lowest: WeightPlan | undefined;
  let why: string | undefined;
  for (const target of routeTargets(rollout)) {
    const object = found(routeKey(target));
    if (!object) return { written: undefined, confirmed: 'no', why: `HTTPRoute/${target.name} does not exist` };
    const route = asHttpRoute(object);
    for (const rule of weightedRules(route, target, pair)) {
      const plan = planOf(rule, pair);
      if (highest && share(plan) !== share(highest))
        why = `the weights of HTTPRoute/${target.name} differ between rules`;
      if (!highest || share(plan) > share(highest)) highest = plan;
      if (!lowest || share(plan) < share(lowest)) lowest = plan;
    }
    why ??= notConfirmed(route);
  }
  if (!highest || !lowest) return { written: undefined, confirmed: 'no', why: 'no rule names both Services' };
  const written = share(lowest) < share(highest) ? { written: highest, lowest } : { written: highest };
  return why ? { ...written, confirmed: 'no', why } : { ...written, confirmed: 'yes' };
}

function planOf(rule: WeightedRule, pair: Pair): WeightPlan {
  const stable = weightOf(rule.refs[rule.stable]!);
  const canary = weightOf(rule.refs[rule.canary]!);
  return {
    total: stable + canary,
    destinations: [
      { service: pair.stable, role: 'stable', weight: stable },
      { service: pair.canary, role: 'canary', weight: canary },
    ],
  };
}

function share(plan: WeightPlan): number {
  const canary = plan.destinations.find((one) => one.role === 'canary')?.weight ?? 0;
  return plan.total === 0 ? 0 : canary / plan.total;
}

function planWeights(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const pair = servicePair(rollout);
  const patches: RouteWrite[] = [];
  for (const target of routeTargets(rollout)) {
    if (!isOwn(rollout, target))
      return refusal(
        target,
        'namespace',
        `HTTPRoute/${target.name} is in namespace ${target.namespace}; allowed is only the Rollout's own namespace ${rollout.metadata.namespace}, so move the route or leave the field out`,
      );
    const object = found(routeKey(target));
    if (!object)
      return refusal(
        target,
        'name',
        `HTTPRoute/${target.name} does not exist in namespace ${target.namespace}; create it or correct the name`,
      );
    const route = asHttpRoute(object);
    const rules = weightedRules(route, target, pair);
    if (rules.length === 0) return missingRule(target, pair);
    const foreign = rules.find((rule) => rule.refs.length > 2);
    if (foreign)
      return refusal(
        target,
        'backendRefs',
        `rule ${foreign.index} of HTTPRoute/${target.name} names ${foreign.refs.length} backends; allowed are exactly Service/${pair.stable} and Service/${pair.canary}, so move the others to a rule of their own`,
      );
    const moved = scope === 'all' ? rules : rules.filter((rule) => share(planOf(rule, pair)) >= share(wanted));
    const next = rewrittenRules(route.spec?.rules ?? [], moved, wanted);
    if (next) patches.push({ kind: 'patch', object, patch: { spec: { rules: next as unknown as JsonObject[] } } });
  }
  return patches;
}

function missingRule(target: RouteTarget, pair: Pair): Refusal {
  const where = target.rule === undefined ? 'no rule' : `rule "${target.rule}"`;
  const verb = target.rule === undefined ? 'names' : 'does not name';
  return refusal(
    target,
    'rule',
    `${where} of HTTPRoute/${target.name} ${verb} both Service/${pair.stable} and Service/${pair.canary} as backendRefs; add both, the canary with weight 0`,
  );
}

function refusal(target: RouteTarget, field: string, message: string): Refusal {
  return { kind: 'refused', field: `${target.field}.${field}`, message };
}

/** The whole list, since `rules` is atomic to the API server; undefined when every weight is already as wanted. */
function rewrittenRules(
  all: readonly RouteRule[],
  weighted: readonly WeightedRule[],
  wanted: WeightPlan,
): readonly RouteRule[] | undefined {
  const weightFor = (role: 'stable' | 'canary') => wanted.destinations.find((one) => one.role === role)?.weight ?? 0;
  const [stable, canary] = [weightFor('stable'), weightFor('canary')];
  const differs = weighted.some(
    (rule) => rule.refs[rule.stable]?.weight !== stable || rule.refs[rule.canary]?.weight !== canary,
  );
  if (!differs) return undefined;
  return all.map((rule, index) => {
    const match = weighted.find((one) => one.index === index);
    if (!match) return rule;
    const backendRefs = match.refs.map((ref, position) => {
      if (position === match.stable) return { ...ref, weight: stable };
      return position === match.canary ? { ...ref, weight: canary } : ref;
    });
    return { ...rule, backendRefs };
  });
}

function claimWeights(rollout: Rollout, found: Found): readonly Claim[] {
  const pair = servicePair(rollout);
  return routeTargets(rollout).flatMap((target) => {
    const object = found(routeKey(target));
    if (!object) return [];
    const rules = weightedRules(asHttpRoute(object), target, pair);
    const pointers = rules.flatMap((rule) =>
      [rule.stable, rule.canary].map((at) => `/spec/rules/${rule.index}/backendRefs/${at}/weight`),
    );
    return [{ object: routeKey(target), pointers }];
  });
}
