/** What the HTTPRoutes of a Rollout say: weights per rule, and whether their Gateways have taken them. */

import { gatewayRoutes } from '../../../crds/schema/gateway-routes.ts';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Rollout } from '../../../crds/schema/rollout.ts';
import { servicesOf } from '../../../crds/schema/services-of.ts';
import type { Cluster } from './cluster.ts';
import { listOf, numberOf, objectOf, textOf } from './read-json.ts';

/** One rule that names both Services. */
export interface WeightedRule {
  readonly route: string;
  readonly index: number;
  /** As written; undefined where the weight is left out, which the Gateway reads as 1. */
  readonly stable: number | undefined;
  readonly canary: number | undefined;
  /** How many backends the rule has. */
  readonly backends: number;
}

export interface RoutesView {
  readonly names: readonly string[];
  readonly rules: readonly WeightedRule[];
  /** All Gateways have taken the newest generation of all routes. */
  readonly isConfirmed: boolean;
}

/** `total` parts, least and most of the rules; undefined when no rule names both Services. */
export interface CanaryShare {
  readonly low: number;
  readonly high: number;
}

/** Undefined when the Rollout has no router. */
export function routesOf(rollout: JsonObject, cluster: Cluster): RoutesView | undefined {
  const canary = objectOf(rollout, 'spec', 'strategy', 'canary');
  if (canary['trafficRouting'] === undefined) return undefined;
  const found = gatewayRoutes(rollout as unknown as Rollout);
  if (found.kind !== 'routes') return undefined;
  const namespace = textOf(rollout, 'metadata', 'namespace') ?? '';
  const services = servicesOf(rollout as unknown as Rollout);
  const pair = { stable: services.stable ?? '', canary: services.canary ?? '' };
  const targets = found.routes.map((target) => ({
    target,
    object: cluster.get('HTTPRoute', target.namespace, target.name),
  }));
  return {
    names: targets.map(({ target }) => target.name),
    rules: targets.flatMap(({ target, object }) => rulesOf(object, target, pair, namespace)),
    isConfirmed: targets.every(({ object }) => object !== undefined && isConfirmed(object)),
  };
}

interface Target {
  readonly name: string;
  readonly namespace: string;
  readonly rule?: string;
}

function rulesOf(
  object: JsonObject | undefined,
  target: Target,
  pair: { readonly stable: string; readonly canary: string },
  namespace: string,
): readonly WeightedRule[] {
  return listOf(object, 'spec', 'rules').flatMap((rule, index) => {
    if (target.rule !== undefined && textOf(rule, 'name') !== target.rule) return [];
    const refs = listOf(rule, 'backendRefs');
    const named = (service: string) =>
      refs.find(
        (ref) =>
          (textOf(ref, 'kind') ?? 'Service') === 'Service' &&
          (textOf(ref, 'group') ?? '') === '' &&
          ref['name'] === service &&
          (textOf(ref, 'namespace') ?? target.namespace) === namespace,
      );
    const [stable, canary] = [named(pair.stable), named(pair.canary)];
    if (stable === undefined || canary === undefined) return [];
    const weights = { stable: numberOf(stable, 'weight'), canary: numberOf(canary, 'weight') };
    return [{ route: target.name, index, ...weights, backends: refs.length }];
  });
}

/** Every parent has a status whose Accepted and ResolvedRefs are True for the newest generation. */
function isConfirmed(route: JsonObject): boolean {
  const generation = numberOf(route, 'metadata', 'generation') ?? 0;
  const parents = listOf(route, 'spec', 'parentRefs');
  const statuses = listOf(route, 'status', 'parents');
  const isTaken = (parent: JsonObject) =>
    statuses.some((status) => isFor(objectOf(status, 'parentRef'), parent) && isAccepted(status, generation));
  return parents.length > 0 && parents.every(isTaken);
}

function isFor(reference: JsonObject, parent: JsonObject): boolean {
  return (
    reference['name'] === parent['name'] &&
    reference['sectionName'] === parent['sectionName'] &&
    reference['port'] === parent['port']
  );
}

function isAccepted(status: JsonObject, generation: number): boolean {
  return ['Accepted', 'ResolvedRefs'].every((type) =>
    listOf(status, 'conditions').some(
      (one) =>
        one['type'] === type && one['status'] === 'True' && (numberOf(one, 'observedGeneration') ?? 0) >= generation,
    ),
  );
}

export function canaryShare(routes: RoutesView, total: number): CanaryShare | undefined {
  const shares = routes.rules.map((rule) => {
    const [stable, canary] = [rule.stable ?? 1, rule.canary ?? 1];
    return stable + canary <= 0 ? 0 : (canary * total) / (stable + canary);
  });
  return shares.length === 0 ? undefined : { low: Math.min(...shares), high: Math.max(...shares) };
}
