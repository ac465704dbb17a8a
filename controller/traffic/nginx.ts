/**
 * ingress-nginx adapter: beside each stable Ingress a second one for the canary Service, with the canary annotations. It
 * stays at weight 0 between rollouts, as Argo's does, and goes with the Rollout that owns it.
 */

import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { KubeObject } from '../../kube/api.ts';
import { controllerOf } from '../../kube/ref.ts';
import { asIngress, type Ingress, ingressKey, type IngressRule, namesService } from './ingress.ts';
import { mergeDiff } from './merge-diff.ts';
import type { Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';
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

const field = 'spec.strategy.canary.trafficRouting.nginx';
const classAnnotation = 'kubernetes.io/ingress.class';

export const nginx: TrafficRouter = {
  name: 'Nginx',
  can: new Set(['weight']),
  needs: (rollout) =>
    stableIngresses(rollout).flatMap(({ name }) => [
      ingressKey(rollout.metadata.namespace, name),
      ingressKey(rollout.metadata.namespace, canaryIngressName(rollout, name)),
    ]),
  read: readWeights,
  plan: planWeights,
  // The canary Ingress is made here and stands in no manifest; the stable one is never written.
  claims: () => [],
};

interface StableIngress {
  readonly name: string;
  /** Where it is named in the Rollout. */
  readonly field: string;
}

function settings(rollout: Rollout) {
  return rollout.spec.strategy?.canary?.trafficRouting?.nginx;
}

function stableIngresses(rollout: Rollout): readonly StableIngress[] {
  const { stableIngress, stableIngresses: several = [] } = settings(rollout) ?? {};
  if (several.length > 0) return several.map((name, index) => ({ name, field: `${field}.stableIngresses[${index}]` }));
  return stableIngress ? [{ name: stableIngress, field: `${field}.stableIngress` }] : [];
}

/** Argo's name, cut to the 253 characters of object names; a cut never ends at a dot, which the name rules forbid. */
export function canaryIngressName(rollout: Rollout, stableIngress: string): string {
  const suffix = '-canary';
  const whole = `${rollout.metadata.name}-${stableIngress}`;
  const room = 253 - suffix.length;
  return `${whole.length <= room ? whole : whole.slice(0, room).replace(/[.]+$/, '')}${suffix}`;
}

function prefixOf(rollout: Rollout): string {
  return settings(rollout)?.annotationPrefix || 'nginx.ingress.kubernetes.io';
}

/** What the weight annotation counts in; the total annotation is written only when maxTrafficWeight is set. */
function totalWeight(rollout: Rollout): number {
  return rollout.spec.strategy?.canary?.trafficRouting?.maxTrafficWeight ?? 100;
}

function readWeights(rollout: Rollout, found: Found): RouteState {
  const pair = servicePair(rollout);
  const readings: Reading[] = [];
  for (const { name } of stableIngresses(rollout)) {
    if (!found(ingressKey(rollout.metadata.namespace, name))) return unreadable(`Ingress/${name} does not exist`);
    readings.push(readCanary(rollout, name, pair, found));
  }
  return stateOf(readings, pair, { confirmed: 'unknown' });
}

/** ingress-nginx takes an absent weight as 0 and an absent total as 100; without `canary: "true"` the rest has no defined effect. */
function readCanary(rollout: Rollout, stableName: string, pair: ServicePair, found: Found): Reading {
  const name = canaryIngressName(rollout, stableName);
  const where = `Ingress/${name}`;
  const object = found(ingressKey(rollout.metadata.namespace, name));
  if (!object) return { where, plan: twoWayPlan(pair, totalWeight(rollout), 0) };
  const prefix = prefixOf(rollout);
  const value = (key: string) => object.metadata.annotations?.[`${prefix}/${key}`];
  const [weight, total] = [numberOf(value('canary-weight') ?? '0'), numberOf(value('canary-weight-total') ?? '100')];
  const isCanary = value('canary') === 'true';
  if (weight !== undefined && total !== undefined && total > 0 && isCanary) {
    const canary = Math.min(weight, total);
    return { where, plan: twoWayPlan(pair, total - canary, canary) };
  }
  const wrong = isCanary ? 'canary-weight' : 'canary';
  return { where, why: `annotation ${prefix}/${wrong} of ${where} was changed to something else` };
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function planWeights(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const writes: RouteWrite[] = [];
  for (const target of stableIngresses(rollout)) {
    const answer = planIngress(rollout, wanted, target, found, scope);
    if ('kind' in answer) return answer;
    writes.push(...answer);
  }
  return writes;
}

function planIngress(
  rollout: Rollout,
  wanted: WeightPlan,
  target: StableIngress,
  found: Found,
  scope: PlanScope,
): readonly RouteWrite[] | Refusal {
  const stableKey = ingressKey(rollout.metadata.namespace, target.name);
  const stable = found(stableKey);
  if (!stable) return missing(stableKey, target.field);
  const pair = pairOf(rollout, wanted);
  const rules = canaryRules(asIngress(stable), pair);
  if (rules.length === 0)
    return refused(
      target.field,
      `no rule of Ingress/${target.name} has Service/${pair.stable} as backend; add a path for it or name another Ingress`,
    );
  const name = canaryIngressName(rollout, target.name);
  const canary = found(ingressKey(rollout.metadata.namespace, name));
  if (canary && !isOwnedBy(canary, rollout))
    return refused(
      target.field,
      `Ingress/${name} exists already and does not belong to Rollout/${rollout.metadata.name}, which needs an Ingress of that name for the canary; delete or rename it`,
    );
  if (scope === 'lower' && staysLower(readCanary(rollout, target.name, pair, found), wanted)) return [];
  const annotations = canaryAnnotations(rollout, asIngress(stable), wanted);
  const spec = canarySpec(asIngress(stable), rules);
  if (!canary) return [{ kind: 'create', object: canaryIngress(rollout, name, annotations, spec) }];
  const patch = canaryPatch(canary, { annotations, spec, prefix: prefixOf(rollout) });
  return patch ? [{ kind: 'patch', object: canary, patch }] : [];
}

/** As in Argo a rule with one path to stable is copied whole, its other paths as they are. */
function canaryRules(stable: Ingress, pair: ServicePair): readonly IngressRule[] {
  return (stable.spec?.rules ?? []).flatMap((rule) => {
    const paths = rule.http?.paths ?? [];
    if (!paths.some((path) => namesService(path, pair.stable))) return [];
    const copied = paths.map((path) => {
      const { service } = path.backend;
      if (service?.name !== pair.stable) return path;
      return { ...path, backend: { ...path.backend, service: { ...service, name: pair.canary } } };
    });
    return [{ ...rule, http: { ...rule.http, paths: copied } }];
  });
}

/** The controller reads only canary annotations and the class of a canary Ingress, so no other is copied. */
function canaryAnnotations(rollout: Rollout, stable: Ingress, wanted: WeightPlan): Readonly<Record<string, string>> {
  const prefix = prefixOf(rollout);
  const { additionalIngressAnnotations = {}, canaryIngressAnnotations = {} } = settings(rollout) ?? {};
  const added = Object.entries(additionalIngressAnnotations).map(([key, value]) => [
    key.startsWith(prefix) ? key : `${prefix}/${key}`,
    value,
  ]);
  const ingressClass = stable.metadata.annotations?.[classAnnotation];
  const total = totalWeight(rollout);
  const weight = weightFor(wanted, 'canary');
  const isScaled = wanted.total !== total && wanted.total > 0;
  const hasTotal = rollout.spec.strategy?.canary?.trafficRouting?.maxTrafficWeight !== undefined;
  return {
    ...(ingressClass === undefined ? {} : { [classAnnotation]: ingressClass }),
    ...Object.fromEntries(added),
    ...canaryIngressAnnotations,
    [`${prefix}/canary`]: 'true',
    [`${prefix}/canary-weight`]: String(isScaled ? Math.round((weight * total) / wanted.total) : weight),
    ...(hasTotal ? { [`${prefix}/canary-weight-total`]: String(total) } : {}),
  };
}

function canarySpec(stable: Ingress, rules: readonly IngressRule[]): JsonObject {
  const { ingressClassName, tls } = stable.spec ?? {};
  return {
    ...(ingressClassName === undefined ? {} : { ingressClassName }),
    ...(tls === undefined ? {} : { tls }),
    rules: jsonList(rules),
  };
}

function canaryIngress(
  rollout: Rollout,
  name: string,
  annotations: Readonly<Record<string, string>>,
  spec: JsonObject,
): KubeObject & JsonObject {
  const owner = controllerOf(rollout as KubeObject);
  const { namespace = '' } = rollout.metadata;
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace, annotations, ownerReferences: [owner] },
    spec,
  };
  return object as unknown as KubeObject & JsonObject;
}

interface WantedIngress {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  readonly prefix: string;
}

/** Annotations of others (a DNS controller, a cloud console) stay; those under the router's prefix are all ours. */
function canaryPatch(canary: KubeObject & JsonObject, wanted: WantedIngress): JsonObject | undefined {
  const current = canary.metadata.annotations ?? {};
  const isOurs = (key: string) =>
    key in wanted.annotations || key.startsWith(`${wanted.prefix}/`) || key === classAnnotation;
  const ours = Object.fromEntries(Object.entries(current).filter(([key]) => isOurs(key)));
  const annotations = mergeDiff(ours, wanted.annotations);
  const spec = mergeDiff(isJsonObject(canary['spec']) ? canary['spec'] : {}, wanted.spec);
  if (!annotations && !spec) return undefined;
  return { ...(annotations ? { metadata: { annotations } } : {}), ...(spec ? { spec } : {}) };
}
