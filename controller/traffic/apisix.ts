/**
 * Apache APISIX adapter: backend weights of the named rules of an ApisixRoute. A header route is an ApisixRoute of its own,
 * named like the managed route, with copies of these rules at a higher priority; it goes with the Rollout that owns it.
 */

import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { KubeObject, ObjectKey } from '../../kube/api.ts';
import { controllerOf } from '../../kube/ref.ts';
import { type ApisixRule, headerRule, positionOf, rulesOf, weightOf } from './apisix-route.ts';
import { mergeDiff } from './merge-diff.ts';
import type {
  Claim,
  Found,
  ManagedRoute,
  PlanScope,
  Refusal,
  RouteState,
  RouteWrite,
  TrafficRouter,
  WeightPlan,
} from './router.ts';
import {
  isOwnedBy,
  jsonList,
  missing,
  pairOf,
  type Reading,
  refused,
  servicePair,
  type ServicePair,
  stateOf,
  staysLower,
  twoWayPlan,
  unreadable,
  weightFor,
} from './split.ts';

const field = 'spec.strategy.canary.trafficRouting.apisix.route';

export const apisix: TrafficRouter = {
  name: 'Apisix',
  can: new Set(['weight', 'header']),
  needs: (rollout) => {
    const name = routeName(rollout);
    return name ? [name, ...managedNames(rollout)].map((one) => routeKey(rollout, one)) : [];
  },
  read: readWeights,
  plan: planRoutes,
  claims: claimWeights,
};

type LiveRoute = KubeObject & JsonObject;

function settings(rollout: Rollout) {
  return rollout.spec.strategy?.canary?.trafficRouting?.apisix?.route;
}

function routeName(rollout: Rollout): string {
  return settings(rollout)?.name ?? '';
}

/** Without a list it is the rule that is named like the route, as in Argo. */
function ruleNames(rollout: Rollout): readonly string[] {
  const { rules = [] } = settings(rollout) ?? {};
  return rules.length > 0 ? rules : [routeName(rollout)];
}

function managedNames(rollout: Rollout): readonly string[] {
  return (rollout.spec.strategy?.canary?.trafficRouting?.managedRoutes ?? []).map((one) => one.name);
}

function routeKey(rollout: Rollout, name: string): ObjectKey {
  return { group: 'apisix.apache.org', kind: 'ApisixRoute', namespace: rollout.metadata.namespace ?? '', name };
}

function readWeights(rollout: Rollout, found: Found): RouteState {
  const name = routeName(rollout);
  const object = found(routeKey(rollout, name));
  if (!object) return unreadable(`ApisixRoute/${name} does not exist`);
  const pair = servicePair(rollout);
  const readings: Reading[] = [];
  for (const ruleName of ruleNames(rollout)) {
    const rule = rulesOf(object).find((one) => one.name === ruleName);
    const reading = rule && readRule(rule, name, pair);
    if (!reading) return unreadable(`rule "${ruleName}" of ApisixRoute/${name} does not name both Services`);
    readings.push(reading);
  }
  return stateOf(readings, pair, { confirmed: 'unknown' });
}

function readRule(rule: ApisixRule, route: string, pair: ServicePair): Reading | undefined {
  const [stable, canary] = [positionOf(rule, pair.stable), positionOf(rule, pair.canary)];
  if (stable < 0 || canary < 0) return undefined;
  const plan = twoWayPlan(pair, weightOf(rule.backends?.[stable]), weightOf(rule.backends?.[canary]));
  return { where: `rule "${rule.name}" of ApisixRoute/${route}`, plan };
}

function planRoutes(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const key = routeKey(rollout, routeName(rollout));
  const object = found(key);
  if (!object) return missing(key, `${field}.name`);
  const pair = pairOf(rollout, wanted);
  const rules = rulesOf(object);
  const refusal = refusalOf(rollout, rules, pair);
  if (refusal) return refusal;
  const headers = planHeaders(rollout, wanted, object, found);
  if ('kind' in headers) return headers;
  const next = weightedRules(rollout, rules, { wanted, pair, scope });
  const patch = next && { spec: { http: jsonList(next) } };
  return [...(patch ? [{ kind: 'patch' as const, object, patch }] : []), ...headers];
}

function refusalOf(rollout: Rollout, rules: readonly ApisixRule[], pair: ServicePair): Refusal | undefined {
  const route = routeName(rollout);
  for (const name of ruleNames(rollout)) {
    const rule = rules.find((one) => one.name === name);
    if (!rule) return refused(`${field}.rules`, `ApisixRoute/${route} has no rule "${name}"; name one of its rules`);
    const absent = [pair.stable, pair.canary].find((one) => positionOf(rule, one) < 0);
    const where = `rule "${name}" of ApisixRoute/${route}`;
    if (absent !== undefined)
      return refused(
        `${field}.rules`,
        `${where} does not name Service/${absent} as backend; add both Service/${pair.stable} and Service/${pair.canary}, the canary with weight 0`,
      );
    const own = [pair.stable, pair.canary];
    const other = rule.backends?.find((one) => !own.includes(one.serviceName) && weightOf(one) > 0);
    if (other)
      return refused(
        `${field}.rules`,
        `${where} gives weight to Service/${other.serviceName}; allowed are only Service/${pair.stable} and Service/${pair.canary}, so move it to a rule of its own`,
      );
  }
  return undefined;
}

interface RuleOrder {
  readonly wanted: WeightPlan;
  readonly pair: ServicePair;
  readonly scope: PlanScope;
}

/** Undefined when every weight is as wanted. */
function weightedRules(
  rollout: Rollout,
  rules: readonly ApisixRule[],
  { wanted, pair, scope }: RuleOrder,
): readonly ApisixRule[] | undefined {
  const names = ruleNames(rollout);
  const weights = new Map([
    [pair.stable, weightFor(wanted, 'stable')],
    [pair.canary, weightFor(wanted, 'canary')],
  ]);
  let differs = false;
  const next = rules.map((rule) => {
    if (rule.name === undefined || !names.includes(rule.name)) return rule;
    const reading = readRule(rule, routeName(rollout), pair);
    if (scope === 'lower' && reading && staysLower(reading, wanted)) return rule;
    const backends = (rule.backends ?? []).map((one) => {
      const weight = weights.get(one.serviceName);
      if (weight === undefined || weight === one.weight) return one;
      differs = true;
      return { ...one, weight };
    });
    return { ...rule, backends };
  });
  return differs ? next : undefined;
}

type HeaderRoute = Extract<ManagedRoute, { kind: 'header' }>;

function planHeaders(
  rollout: Rollout,
  wanted: WeightPlan,
  source: LiveRoute,
  found: Found,
): readonly RouteWrite[] | Refusal {
  if (wanted.managed === undefined) return [];
  const routes = wanted.managed.flatMap((one) => (one.kind === 'header' && one.match.length > 0 ? [one] : []));
  const writes: RouteWrite[] = [];
  for (const [index, route] of routes.entries()) {
    const object = found(routeKey(rollout, route.name));
    if (object && !isOwnedBy(object, rollout))
      return refused(
        'spec.strategy.canary.trafficRouting.managedRoutes',
        `ApisixRoute/${route.name} exists already and does not belong to Rollout/${rollout.metadata.name}; give the managed route another name`,
      );
    // Argo adds 1; with several routes the first one gets the most.
    const spec = headerSpec(rollout, source, route, { wanted, lift: routes.length - index });
    if (!object) writes.push({ kind: 'create', object: headerObject(rollout, source, route.name, spec) });
    const patch = object && mergeDiff(isJsonObject(object['spec']) ? object['spec'] : {}, spec);
    if (object && patch) writes.push({ kind: 'patch', object, patch: { spec: patch } });
  }
  const gone = managedNames(rollout).filter((name) => !routes.some((one) => one.name === name));
  const left = gone.flatMap((name) => found(routeKey(rollout, name)) ?? []).filter((one) => isOwnedBy(one, rollout));
  return [...writes, ...left.map((object) => ({ kind: 'delete' as const, object }))];
}

function headerSpec(
  rollout: Rollout,
  source: LiveRoute,
  route: HeaderRoute,
  { wanted, lift }: { readonly wanted: WeightPlan; readonly lift: number },
): JsonObject {
  const pair = pairOf(rollout, wanted);
  const rules = rulesOf(source)
    .filter((rule) => rule.name !== undefined && ruleNames(rollout).includes(rule.name))
    .map((rule) => headerRule(rule, pair, route.match, (rule.priority ?? 0) + lift));
  const { stream: _stream, ...spec } = isJsonObject(source['spec']) ? source['spec'] : {};
  return { ...spec, http: jsonList(rules) };
}

function headerObject(rollout: Rollout, source: LiveRoute, name: string, spec: JsonObject): LiveRoute {
  const { namespace = '' } = rollout.metadata;
  const ownerReferences = [controllerOf(rollout as KubeObject)];
  const object = {
    apiVersion: source.apiVersion,
    kind: source.kind,
    metadata: { name, namespace, ownerReferences },
    spec,
  };
  return object as unknown as LiveRoute;
}

function claimWeights(rollout: Rollout, found: Found): readonly Claim[] {
  const key = routeKey(rollout, routeName(rollout));
  const object = routeName(rollout) ? found(key) : undefined;
  if (!object) return [];
  const pair = servicePair(rollout);
  const names = ruleNames(rollout);
  const pointers = rulesOf(object).flatMap((rule, index) => {
    if (rule.name === undefined || !names.includes(rule.name)) return [];
    const positions = [positionOf(rule, pair.stable), positionOf(rule, pair.canary)].filter((at) => at >= 0);
    return positions.map((at) => `/spec/http/${index}/backends/${at}/weight`);
  });
  return [{ object: key, pointers }];
}
