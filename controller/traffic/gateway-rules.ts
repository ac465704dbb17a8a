/** Which rules of a Gateway API route are Tidegate's business: those that split between both Services, and those it made. */

import type { GatewayRoute as RouteTarget } from '../../crds/schema/gateway-routes.ts';
import type { CanaryStep, SetHeaderRoute } from '../../crds/schema/canary-steps.ts';
import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import { type BackendRef, type GatewayRouteObject, isService, type RouteRule, weightOf } from './gateway-route.ts';
import type { Destination, WeightPlan } from './router.ts';

export interface Pair {
  readonly stable: string;
  readonly canary: string;
  readonly namespace: string;
  /** Names that managed rules begin with. */
  readonly managed: readonly string[];
  /** Every route that a step of the plan makes, for servers whose CRDs keep no names of rules (before Gateway API 1.4). */
  readonly planned: readonly CanaryStep[];
  /** Whether a backend of this name is that of an experiment of this Rollout. */
  isExtra(service: string): boolean;
}

/** A rule that splits between both Services. */
export interface WeightedRule {
  readonly index: number;
  readonly rule: RouteRule;
  readonly stable: BackendRef;
  readonly canary: BackendRef;
  readonly extras: readonly BackendRef[];
  /** Backends that are nobody's business here. */
  readonly foreign: readonly BackendRef[];
  /** A mirror rule of our own: its weights count, but it is made anew from the rule that it copies. */
  readonly isManaged: boolean;
}

export function servicePair(rollout: Rollout): Pair {
  const { stable = '', canary = '' } = servicesOf(rollout);
  const own = rollout.spec.strategy?.canary;
  return {
    stable,
    canary,
    namespace: rollout.metadata.namespace ?? '',
    managed: (own?.trafficRouting?.managedRoutes ?? []).map((one) => one.name),
    planned: (own?.steps ?? []).filter((step) => step.setHeaderRoute ?? step.setMirrorRoute),
    isExtra: (service) => isExtraService(rollout, service),
  };
}

/** By status, by the name that a step gives it, or by the name that an experiment's ReplicaSet has (argo-rollouts.md 2.9). */
function isExtraService(rollout: Rollout, service: string): boolean {
  const recorded = rollout.status?.canary?.weights?.additional ?? [];
  if (recorded.some((one) => one.serviceName === service)) return true;
  const prefix = `${rollout.metadata.name}-`;
  const rest = service.startsWith(prefix) ? service.slice(prefix.length) : undefined;
  const templates = (rollout.spec.strategy?.canary?.steps ?? []).flatMap((step) => step.experiment?.templates ?? []);
  return templates.some(
    ({ name, service: given }) =>
      given?.name === service ||
      (rest !== undefined && /^[a-z0-9]+-\d+-\d+(-\d+)?-/.test(rest) && rest.endsWith(`-${name}`)),
  );
}

export function weightedRules(route: GatewayRouteObject, target: RouteTarget, pair: Pair): readonly WeightedRule[] {
  return (route.spec?.rules ?? []).flatMap((rule, index): WeightedRule[] => {
    const isManaged = isManagedRule(rule, pair);
    if (target.rule !== undefined && rule.name !== target.rule && !isManaged) return [];
    const refs = rule.backendRefs ?? [];
    const find = (service: string) => refs.find((ref) => isService(ref, service, target.namespace, pair.namespace));
    const [stable, canary] = [find(pair.stable), find(pair.canary)];
    if (stable === undefined || canary === undefined) return [];
    const others = refs.filter((ref) => ref !== stable && ref !== canary);
    const extras = others.filter((ref) => pair.isExtra(ref.name));
    return [{ index, rule, stable, canary, extras, foreign: others.filter((ref) => !extras.includes(ref)), isManaged }];
  });
}

/** A rule under a managed name that has the shape of what is made under it; any other rule belongs to somebody else. */
export function isManagedRule(rule: RouteRule, pair: Pair): boolean {
  if (pair.managed.length === 0) return false;
  const refs = rule.backendRefs ?? [];
  const isHeader = refs.length === 1 && refs[0]?.name === pair.canary;
  const isMirror = (rule.filters ?? []).some((filter) => isMirrorTo(filter, pair.canary));
  if (rule.name !== undefined) return (isHeader || isMirror) && pair.managed.some((name) => isNamed(rule, name));
  return pair.planned.some(({ setHeaderRoute, setMirrorRoute }) =>
    setHeaderRoute?.match?.length
      ? isHeader && asksFor(rule, setHeaderRoute.match)
      : isMirror && setMirrorRoute?.match?.length,
  );
}

function isMirrorTo({ type, requestMirror }: JsonObject, service: string): boolean {
  if (type !== 'RequestMirror' || !isJsonObject(requestMirror)) return false;
  const { backendRef } = requestMirror;
  return isJsonObject(backendRef) && backendRef['name'] === service;
}

/** Every match of the rule names all headers of the route. */
function asksFor({ matches = [] }: RouteRule, wanted: NonNullable<SetHeaderRoute['match']>): boolean {
  return matches.every(({ headers = [] }) =>
    wanted.every(({ headerName, headerValue }) =>
      headers.some(
        ({ name, value }) =>
          name === headerName &&
          (value === headerValue?.exact || value === headerValue?.regex || headerValue?.prefix !== undefined),
      ),
    ),
  );
}

/** Copies of several rules carry the name and a number, since names are unique in a route. */
function isNamed({ name }: RouteRule, managed: string): boolean {
  if (name === undefined) return false;
  return name === managed || (name.startsWith(`${managed}-`) && /^\d+$/.test(name.slice(managed.length + 1)));
}

export function planOf({ stable, canary, extras }: WeightedRule, pair: Pair): WeightPlan {
  const destinations: readonly Destination[] = [
    { service: pair.stable, role: 'stable', weight: weightOf(stable) },
    { service: pair.canary, role: 'canary', weight: weightOf(canary) },
    ...extras.map((ref) => ({ service: ref.name, role: 'extra' as const, weight: weightOf(ref) })),
  ];
  return { total: destinations.reduce((sum, one) => sum + one.weight, 0), destinations };
}

/** Every backend of the rule with its wanted weight, made explicit; those of experiments come and go with the plan. */
export function backendsOf(weighted: WeightedRule, wanted: WeightPlan): readonly BackendRef[] {
  const weightFor = (role: 'stable' | 'canary') => wanted.destinations.find((one) => one.role === role)?.weight ?? 0;
  const extras = wanted.destinations.filter((one) => one.role === 'extra');
  const kept = (weighted.rule.backendRefs ?? []).flatMap((ref): BackendRef[] => {
    if (ref === weighted.stable) return [{ ...ref, weight: weightFor('stable') }];
    if (ref === weighted.canary) return [{ ...ref, weight: weightFor('canary') }];
    const extra = extras.find((one) => one.service === ref.name);
    if (extra !== undefined) return [{ ...ref, weight: extra.weight }];
    return weighted.extras.includes(ref) ? [] : [ref];
  });
  const known = new Set(kept.map((ref) => ref.name));
  const added = extras.filter((one) => !known.has(one.service));
  return [...kept, ...added.map(({ service, weight }) => ({ ...weighted.canary, name: service, weight }))];
}

/** Whether the live rule lacks nothing of the wanted backends. */
export function hasBackends({ rule }: WeightedRule, wanted: readonly BackendRef[]): boolean {
  const refs = rule.backendRefs ?? [];
  return (
    refs.length === wanted.length &&
    refs.every((ref, index) => ref.name === wanted[index]?.name && ref.weight === wanted[index].weight)
  );
}
