/**
 * Gateway API adapter: weights of the backendRefs of HTTPRoutes, GRPCRoutes, TCPRoutes and TLSRoutes, and rules of its own for
 * header and mirror steps. Understands `trafficRouting.gatewayAPI` and the form of Argo's Gateway API plugin. Rules without
 * both Services are left exactly as they are.
 */

import { type GatewayRoute as RouteTarget, gatewayRoutes } from '../../crds/schema/gateway-routes.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, ObjectKey } from '../../kube/api.ts';
import { areThere, lostPercent, managedRules, tooManyRules } from './gateway-managed.ts';
import { asRoute, type GatewayRouteObject, notConfirmed, type RouteRule } from './gateway-route.ts';
import {
  backendsOf,
  hasBackends,
  isManagedRule,
  type Pair,
  planOf,
  servicePair,
  type WeightedRule,
  weightedRules,
} from './gateway-rules.ts';
import { share } from './split.ts';
import type { Claim, Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';

const routeGroup = 'gateway.networking.k8s.io';

export const gatewayApi: TrafficRouter = {
  name: 'GatewayAPI',
  can: new Set(['weight', 'header', 'mirror', 'extra', 'confirm']),
  needs: (rollout) =>
    routeTargets(rollout)
      .filter((target) => isOwn(rollout, target))
      .map(routeKey),
  read: readWeights,
  plan: planWeights,
  claims: claimFields,
};

/** A plugin configuration that can't be read names no route; validation says what is wrong with it. */
function routeTargets(rollout: Rollout): readonly RouteTarget[] {
  const found = gatewayRoutes(rollout);
  return found.kind === 'routes' ? found.routes : [];
}

function routeKey({ kind, namespace, name }: RouteTarget): ObjectKey {
  return { group: routeGroup, kind, namespace, name };
}

function textOf({ kind, name }: RouteTarget): string {
  return `${kind}/${name}`;
}

/** A tenant may only name routes of its own namespace: the controller writes routes with its own rights. */
function isOwn(rollout: Rollout, target: RouteTarget): boolean {
  return target.namespace === rollout.metadata.namespace;
}

/** Rules that disagree (a foreign edit, or half of a write) are read as both ends of the range and as not confirmed. */
function readWeights(rollout: Rollout, found: Found): RouteState {
  const pair = servicePair(rollout);
  let highest: WeightPlan | undefined;
  let lowest: WeightPlan | undefined;
  let why: string | undefined;
  for (const target of routeTargets(rollout)) {
    const object = found(routeKey(target));
    if (!object) return { written: undefined, confirmed: 'no', why: `${textOf(target)} does not exist` };
    const route = asRoute(object);
    for (const rule of weightedRules(route, target, pair)) {
      const plan = planOf(rule, pair);
      if (highest && share(plan) !== share(highest)) why = `the weights of ${textOf(target)} differ between rules`;
      if (!highest || share(plan) > share(highest)) highest = plan;
      if (!lowest || share(plan) < share(lowest)) lowest = plan;
    }
    why ??= notConfirmed(route);
  }
  if (!highest || !lowest) return { written: undefined, confirmed: 'no', why: 'no rule names both Services' };
  const written = share(lowest) < share(highest) ? { written: highest, lowest } : { written: highest };
  return why ? { ...written, confirmed: 'no', why } : { ...written, confirmed: 'yes' };
}

function planWeights(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const pair = servicePair(rollout);
  const targets = routeTargets(rollout);
  const unplaced = nowhereToPut(targets, wanted);
  if (unplaced !== undefined) return unplaced;
  const patches: RouteWrite[] = [];
  for (const target of targets) {
    if (!isOwn(rollout, target))
      return refusal(
        target,
        'namespace',
        `${textOf(target)} is in namespace ${target.namespace}; allowed is only the Rollout's own namespace ${rollout.metadata.namespace}, so move the route or leave the field out`,
      );
    const object = found(routeKey(target));
    if (!object)
      return refusal(
        target,
        'name',
        `${textOf(target)} does not exist in namespace ${target.namespace}; create it or correct the name`,
      );
    const next = nextRules(asRoute(object), target, pair, wanted, scope);
    if (next !== undefined && 'kind' in next) return next;
    if (next) patches.push({ kind: 'patch', object, patch: { spec: { rules: next as unknown as JsonObject[] } } });
  }
  return patches;
}

/** Header and mirror routes need a route whose requests have headers. */
function nowhereToPut(targets: readonly RouteTarget[], { managed = [] }: WeightPlan): Refusal | undefined {
  const [first] = targets;
  if (managed.length === 0 || first === undefined || targets.some((target) => target.takesManaged)) return undefined;
  return refusal(
    first,
    'useHeaderRoutes',
    `managed route ${managed[0]?.name} has no route to go into; allowed are HTTPRoutes and GRPCRoutes, in the plugin's lists those with useHeaderRoutes: true, so add one or remove the step`,
  );
}

/** The whole list, since `rules` is atomic to the API server; undefined when everything is already as wanted. */
function nextRules(
  route: GatewayRouteObject,
  target: RouteTarget,
  pair: Pair,
  wanted: WeightPlan,
  scope: PlanScope,
): readonly RouteRule[] | Refusal | undefined {
  const all = route.spec?.rules ?? [];
  const weighted = weightedRules(route, target, pair);
  const sources = weighted.filter((rule) => !rule.isManaged);
  if (sources.length === 0) return missingRule(target, pair);
  const foreign = sources.find((rule) => rule.foreign.length > 0);
  if (foreign) return thirdBackend(target, pair, foreign);
  const moved = scope === 'all' ? weighted : weighted.filter((rule) => share(planOf(rule, pair)) >= share(wanted));
  const backends = (rule: WeightedRule) =>
    moved.includes(rule) ? backendsOf(rule, wanted) : (rule.rule.backendRefs ?? []);
  const rewritten = new Map(
    moved.flatMap((rule) => (hasBackends(rule, backends(rule)) ? [] : [[rule.index, backends(rule)] as const])),
  );
  const next = all.map((rule, index) => {
    const backendRefs = rewritten.get(index);
    return backendRefs === undefined ? rule : { ...rule, backendRefs };
  });
  if (wanted.managed === undefined || !target.takesManaged) return rewritten.size === 0 ? undefined : next;
  const made = managedRules(
    target.kind,
    sources.map((rule) => ({ weighted: rule, backends: backends(rule) })),
    wanted.managed,
  );
  if ('kind' in made) return refusal(target, 'rule', `${textOf(target)} ${made.text}`);
  const others = next.filter((rule) => !isManagedRule(rule, pair));
  const taken = made.find((rule) => others.some((other) => other.name === rule.name));
  if (taken) return nameTaken(target, taken);
  const excess = made.length === 0 ? undefined : tooManyRules(made.length + others.length);
  if (excess) return refusal(target, 'rule', `${textOf(target)} ${excess}`);
  const owned = all.filter((rule) => isManagedRule(rule, pair));
  if (lostPercent(owned, made)) return noPercent(target);
  const isThere = areThere(owned, made) && owned.every((rule, index) => all[index] === rule);
  if (isThere) return rewritten.size === 0 ? undefined : next;
  return [...made, ...others];
}

function missingRule(target: RouteTarget, pair: Pair): Refusal {
  const where = target.rule === undefined ? 'no rule' : `rule "${target.rule}"`;
  const verb = target.rule === undefined ? 'names' : 'does not name';
  return refusal(
    target,
    'rule',
    `${where} of ${textOf(target)} ${verb} both Service/${pair.stable} and Service/${pair.canary} as backendRefs; add both, the canary with weight 0`,
  );
}

function thirdBackend(target: RouteTarget, pair: Pair, { index, rule }: WeightedRule): Refusal {
  return refusal(
    target,
    'backendRefs',
    `rule ${index} of ${textOf(target)} names ${rule.backendRefs?.length} backends; allowed are exactly Service/${pair.stable} and Service/${pair.canary}, so move the others to a rule of their own`,
  );
}

function nameTaken(target: RouteTarget, { name }: RouteRule): Refusal {
  return refusal(
    target,
    'rule',
    `${textOf(target)} has a rule of its own named ${name}, the name of a managed route; rename the rule or the managed route`,
  );
}

function noPercent(target: RouteTarget): Refusal {
  return refusal(
    target,
    'rule',
    `the CRD of ${textOf(target)} keeps no percentage of a mirror, so that all requests would be copied; allowed is percentage 100, so leave it out or install Gateway API 1.3`,
  );
}

function refusal(target: RouteTarget, field: string, message: string): Refusal {
  return { kind: 'refused', field: `${target.field}.${field}`, message };
}

/** Weights of the rules that are split, and as a whole what was put into the route: rules of steps, backends of experiments. */
function claimFields(rollout: Rollout, found: Found): readonly Claim[] {
  const pair = servicePair(rollout);
  return routeTargets(rollout).flatMap((target) => {
    const object = found(routeKey(target));
    if (!object) return [];
    const route = asRoute(object);
    const made = (route.spec?.rules ?? []).flatMap((rule, index) =>
      isManagedRule(rule, pair) ? [`/spec/rules/${index}`] : [],
    );
    const split = weightedRules(route, target, pair).filter((rule) => !rule.isManaged);
    return [{ object: routeKey(target), pointers: [...made, ...split.flatMap(claimsOf)] }];
  });
}

function claimsOf({ index, rule, stable, canary, extras }: WeightedRule): readonly string[] {
  const refs = rule.backendRefs ?? [];
  const at = (ref: (typeof refs)[number]) => `/spec/rules/${index}/backendRefs/${refs.indexOf(ref)}`;
  return [...[stable, canary].map((ref) => `${at(ref)}/weight`), ...extras.map(at)];
}
