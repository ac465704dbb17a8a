/**
 * Kuma adapter: weights of the backendRefs of MeshHTTPRoutes and MeshTCPRoutes. Rules without both Services are left exactly
 * as they are. Kuma reports nothing about a route, so weights are never confirmed.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { Json, JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import {
  heldRange,
  isRefusal,
  namespaceOf,
  plannedSides,
  routingField,
  routingOf,
  type Shares,
  sharesOf,
  type Sides,
  sidesOf,
} from './mesh-split.ts';
import { share, refused } from './split.ts';
import type { Claim, Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';

const group = 'kuma.io';

export const kuma: TrafficRouter = {
  name: 'Kuma',
  can: new Set(['weight']),
  needs: (rollout) => targetsOf(rollout).map((one) => one.key),
  read,
  plan,
  claims,
};

interface Target {
  readonly key: ObjectKey;
  readonly field: string;
}

interface BackendRef {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly weight?: number;
}

interface Rule {
  readonly default?: { readonly backendRefs?: readonly BackendRef[] };
}

interface Outbound {
  readonly rules?: readonly Rule[];
}

interface MeshRoute extends KubeObject {
  readonly spec?: { readonly to?: readonly Outbound[] };
}

function targetsOf(rollout: Rollout): readonly Target[] {
  const named = routingOf(rollout)?.kuma;
  const namespace = namespaceOf(rollout);
  const of = (kind: string, list: 'httpRoutes' | 'tcpRoutes') =>
    (named?.[list] ?? []).map(({ name }, index) => ({
      key: { group, kind, namespace, name },
      field: `${routingField}.kuma.${list}[${index}]`,
    }));
  return [...of('MeshHTTPRoute', 'httpRoutes'), ...of('MeshTCPRoute', 'tcpRoutes')];
}

/**
 * Kuma knows a Service by the name of its MeshService (in the route's namespace unless it says another), by labels, or as
 * `name_namespace_svc_port`.
 */
function isService(ref: BackendRef, service: string, namespace: string): boolean {
  if ((ref.kind ?? 'MeshService') !== 'MeshService' || service === '') return false;
  if (ref.name !== undefined) {
    if (ref.name.startsWith(`${service}_${namespace}_svc`))
      return /^(_\d+)?$/.test(ref.name.slice(`${service}_${namespace}_svc`.length));
    return ref.name === service && (ref.namespace ?? namespace) === namespace;
  }
  const labels = ref.labels ?? {};
  return labels['kuma.io/display-name'] === service && (labels['k8s.kuma.io/namespace'] ?? namespace) === namespace;
}

/** A rule with both Services. An absent weight is 1. */
interface Weighted {
  readonly to: number;
  readonly rule: number;
  readonly refs: readonly BackendRef[];
  readonly stable: number;
  readonly canary: number;
}

function weightedRules(route: MeshRoute, sides: Sides): readonly Weighted[] {
  return (route.spec?.to ?? []).flatMap((outbound, to) =>
    (outbound.rules ?? []).flatMap((one, rule) => {
      const refs = one.default?.backendRefs ?? [];
      const position = (service: string) => refs.findIndex((ref) => isService(ref, service, sides.namespace));
      const [stable, canary] = [position(sides.stable), position(sides.canary)];
      return stable >= 0 && canary >= 0 ? [{ to, rule, refs, stable, canary }] : [];
    }),
  );
}

function heldPlan({ refs, stable, canary }: Weighted, sides: Sides): WeightPlan {
  const weightAt = (at: number) => refs[at]?.weight ?? 1;
  return {
    total: weightAt(stable) + weightAt(canary),
    destinations: [
      { service: sides.stable, role: 'stable', weight: weightAt(stable) },
      { service: sides.canary, role: 'canary', weight: weightAt(canary) },
    ],
  };
}

interface Located {
  readonly raw: KubeObject & JsonObject;
  readonly route: MeshRoute;
  readonly rules: readonly Weighted[];
}

function locate({ key, field }: Target, sides: Sides, found: Found): Located | Refusal {
  const text = `${key.kind}/${key.name}`;
  const raw = found(key);
  if (raw === undefined)
    return refused(
      `${field}.name`,
      `${text} does not exist in namespace ${key.namespace}; create it or correct the name`,
    );
  const route = raw as MeshRoute;
  const rules = weightedRules(route, sides);
  if (rules.length === 0)
    return refused(
      field,
      `no rule of ${text} names both Service ${sides.stable} and Service ${sides.canary} as backendRefs; add both, the canary with weight 0`,
    );
  const crowded = rules.find((one) => one.refs.length > 2);
  if (crowded !== undefined)
    return refused(
      field,
      `rule ${crowded.rule} of spec.to[${crowded.to}] of ${text} names ${crowded.refs.length} backends; allowed are exactly ${sides.stable} and ${sides.canary}, so move the others to a rule of their own`,
    );
  return { raw, route, rules };
}

function read(rollout: Rollout, found: Found): RouteState {
  const sides = sidesOf(rollout);
  const plans: WeightPlan[] = [];
  for (const target of targetsOf(rollout)) {
    const located = locate(target, sides, found);
    if (isRefusal(located)) return { written: undefined, confirmed: 'no', why: located.message };
    plans.push(...located.rules.map((one) => heldPlan(one, sides)));
  }
  const range = heldRange(plans);
  if (range.lowest === undefined) return { ...range, confirmed: 'unknown' };
  return { ...range, confirmed: 'no', why: 'the weights of the Kuma routes differ between rules' };
}

function plan(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const sides = plannedSides(rollout, wanted);
  const shares = sharesOf(wanted);
  const writes: RouteWrite[] = [];
  for (const target of targetsOf(rollout)) {
    const located = locate(target, sides, found);
    if (isRefusal(located)) return located;
    const { raw, route, rules } = located;
    const moved = rules.filter(
      (one) =>
        (scope === 'all' || share(heldPlan(one, sides)) >= shares.canary / 100) &&
        (one.refs[one.stable]?.weight !== shares.stable || one.refs[one.canary]?.weight !== shares.canary),
    );
    if (moved.length === 0) continue;
    const to = (route.spec?.to ?? []).map((outbound, at) => rewritten(outbound, at, moved, shares));
    writes.push({ kind: 'patch', object: raw, patch: { spec: { to: to as unknown as Json[] } } });
  }
  return writes;
}

function rewritten(outbound: Outbound, at: number, moved: readonly Weighted[], shares: Shares): Outbound {
  if (!moved.some((one) => one.to === at)) return outbound;
  const rules = (outbound.rules ?? []).map((rule, index) => {
    const match = moved.find((one) => one.to === at && one.rule === index);
    if (match === undefined) return rule;
    const backendRefs = match.refs.map((ref, position) => {
      if (position === match.stable) return { ...ref, weight: shares.stable };
      return position === match.canary ? { ...ref, weight: shares.canary } : ref;
    });
    return { ...rule, default: { ...rule.default, backendRefs } };
  });
  return { ...outbound, rules };
}

function claims(rollout: Rollout, found: Found): readonly Claim[] {
  return targetsOf(rollout).flatMap(({ key }) => {
    const raw = found(key);
    if (raw === undefined) return [];
    const pointers = weightedRules(raw as MeshRoute, sidesOf(rollout)).flatMap((one) =>
      [one.stable, one.canary].map((at) => `/spec/to/${one.to}/rules/${one.rule}/default/backendRefs/${at}/weight`),
    );
    return [{ object: key, pointers }];
  });
}
