/**
 * AWS Load Balancer controller adapter: the weights stand in an action annotation of the user's Ingress, header routes in
 * annotations of their own with a path in front. By itself it asks no load balancer, so nothing is confirmed (`alb-verified.ts`).
 */

import { dialectOf, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { groupOf } from '../../kube/ref.ts';
import {
  forwardAction,
  groupsIn,
  headerConditions,
  managedAnnotations,
  type TargetGroup,
  weightsOf,
} from './alb-annotations.ts';
import { asIngress, type Ingress, ingressKey, type IngressPath, type IngressRule, namesService } from './ingress.ts';
import { isEqual, mergeDiff } from './merge-diff.ts';
import type {
  Claim,
  Destination,
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
  jsonList,
  missing,
  pairOf,
  pointerPart,
  type Reading,
  refused,
  servicePair,
  type ServicePair,
  stateOf,
  staysLower,
  twoWayPlan,
  unreadable,
} from './split.ts';

const field = 'spec.strategy.canary.trafficRouting.alb';
/** Name of a port that tells the controller to look for an action annotation. */
const annotationPort = 'use-annotation';

export const alb: TrafficRouter = {
  name: 'ALB',
  can: new Set(['weight', 'header', 'extra']),
  needs: (rollout) => ingresses(rollout).map(({ name }) => ingressKey(rollout.metadata.namespace, name)),
  read: readWeights,
  plan: planWeights,
  claims: claimAnnotations,
};

interface AlbIngress {
  readonly name: string;
  readonly field: string;
  readonly ports: readonly number[];
}

function settings(rollout: Rollout) {
  return rollout.spec.strategy?.canary?.trafficRouting?.alb;
}

function ingresses(rollout: Rollout): readonly AlbIngress[] {
  const { ingress, ingresses: several = [], servicePort = 0, servicePorts = [] } = settings(rollout) ?? {};
  const portsOf = (name: string) => servicePorts.find((one) => one.ingress === name)?.servicePorts ?? [servicePort];
  if (several.length > 0)
    return several.map((name, index) => ({ name, field: `${field}.ingresses[${index}]`, ports: portsOf(name) }));
  return ingress ? [{ name: ingress, field: `${field}.ingress`, ports: portsOf(ingress) }] : [];
}

/** The Service, or mere name of an action, that the Ingress has as backend. */
function rootService(rollout: Rollout): string {
  return settings(rollout)?.rootService || (rollout.spec.strategy?.canary?.stableService ?? '');
}

function annotationKey(rollout: Rollout, part: 'actions' | 'conditions', name: string): string {
  return `${settings(rollout)?.annotationPrefix || 'alb.ingress.kubernetes.io'}/${part}.${name}`;
}

function bookkeepingKey(rollout: Rollout): string {
  return keys(dialectOf(groupOf(rollout.apiVersion)) ?? tidegateDialect).managedAlbAnnotations;
}

function managedNames(rollout: Rollout): readonly string[] {
  return (rollout.spec.strategy?.canary?.trafficRouting?.managedRoutes ?? []).map((one) => one.name);
}

function readWeights(rollout: Rollout, found: Found): RouteState {
  const pair = servicePair(rollout);
  const readings: Reading[] = [];
  for (const { name } of ingresses(rollout)) {
    const object = found(ingressKey(rollout.metadata.namespace, name));
    if (!object) return unreadable(`Ingress/${name} does not exist`);
    readings.push(readIngress(rollout, object, pair));
  }
  return stateOf(readings, pair, { confirmed: 'unknown' });
}

/** Before the first write there is no action, and so nothing that could lead to the canary. */
function readIngress(rollout: Rollout, object: KubeObject, pair: ServicePair): Reading {
  const where = `Ingress/${object.metadata.name}`;
  const key = annotationKey(rollout, 'actions', rootService(rollout));
  const text = object.metadata.annotations?.[key];
  if (text === undefined) return { where, plan: twoWayPlan(pair, 100, 0) };
  const weights = weightsOf(text);
  if (weights === undefined) return { where, why: `annotation ${key} of ${where} was changed to something else` };
  const extra = [...weights].filter(([service]) => service !== pair.stable && service !== pair.canary);
  const sides = twoWayPlan(pair, weights.get(pair.stable) ?? 0, weights.get(pair.canary) ?? 0);
  const others = extra.map(([service, weight]): Destination => ({ service, role: 'extra', weight }));
  const total = sides.total + others.reduce((sum, one) => sum + one.weight, 0);
  return { where, plan: { total, destinations: [...sides.destinations, ...others] } };
}

/** The action of one Ingress as it is written, and the hosts of the load balancers that carry it out. */
export interface AlbAction {
  readonly ingress: KubeObject;
  readonly hosts: readonly string[];
  readonly groups: readonly { readonly service: string; readonly port: string; readonly weight: number }[];
}

/** Ingresses that do not exist, or have no action yet, are left out. */
export function albActions(rollout: Rollout, found: Found): readonly AlbAction[] {
  return ingresses(rollout).flatMap(({ name }) => {
    const ingress = found(ingressKey(rollout.metadata.namespace, name));
    const text = ingress?.metadata.annotations?.[annotationKey(rollout, 'actions', rootService(rollout))];
    const groups = text === undefined ? undefined : groupsIn(text);
    if (ingress === undefined || groups === undefined) return [];
    return [{ ingress, hosts: hostsOf(asIngress(ingress)), groups }];
  });
}

function hostsOf({ status }: Ingress): readonly string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ hostname }) => (hostname ? [hostname] : []));
}

function planWeights(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const writes: RouteWrite[] = [];
  for (const target of ingresses(rollout)) {
    const key = ingressKey(rollout.metadata.namespace, target.name);
    const object = found(key);
    if (!object) return missing(key, target.field);
    const refusal = refusalOf(rollout, asIngress(object), target, wanted);
    if (refusal) return refusal;
    const keepsWeight = scope === 'lower' && staysLower(readIngress(rollout, object, pairOf(rollout, wanted)), wanted);
    const patch = patchOf(rollout, asIngress(object), { target, wanted, keepsWeight });
    if (patch) writes.push({ kind: 'patch', object, patch });
  }
  return writes;
}

function refusalOf(rollout: Rollout, ingress: Ingress, target: AlbIngress, wanted: WeightPlan): Refusal | undefined {
  const root = rootService(rollout);
  const paths = (ingress.spec?.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  const named = paths.filter((path) => namesService(path, root));
  if (named.length === 0)
    return refused(
      target.field,
      `no rule of Ingress/${target.name} has Service/${root} as backend; add a path for it with the port name ${annotationPort}`,
    );
  if (!named.some((path) => path.backend.service?.port?.name === annotationPort))
    return refused(
      target.field,
      `the paths of Ingress/${target.name} to Service/${root} name a port of the Service, so its action annotation has no effect; set the port name to ${annotationPort}`,
    );
  const inexact = headerRoutes(wanted)
    .flatMap((route) => route.match.map((match) => ({ route, match })))
    .find(({ match }) => !match.headerValue?.exact);
  return inexact && refused('spec.strategy.canary.steps', inexactMessage(inexact.route.name, inexact.match.headerName));
}

function inexactMessage(route: string, header: string): string {
  return `header route ${route} matches header ${header} by prefix or regex; with alb only exact values are allowed, so give headerValue.exact`;
}

type HeaderRoute = Extract<ManagedRoute, { kind: 'header' }>;

function headerRoutes(wanted: WeightPlan): readonly HeaderRoute[] {
  return (wanted.managed ?? []).flatMap((one) => (one.kind === 'header' && one.match.length > 0 ? [one] : []));
}

interface PatchOrder {
  readonly target: AlbIngress;
  readonly wanted: WeightPlan;
  readonly keepsWeight: boolean;
}

function patchOf(rollout: Rollout, ingress: Ingress, order: PatchOrder): JsonObject | undefined {
  const current = ingress.metadata.annotations ?? {};
  const annotations = mergeDiff(current, { ...current, ...ownAnnotations(rollout, current, order) });
  const rules = order.wanted.managed && routedRules(rollout, ingress.spec?.rules ?? [], order.wanted);
  if (!annotations && !rules) return undefined;
  return {
    ...(annotations ? { metadata: { annotations } } : {}),
    ...(rules ? { spec: { rules: jsonList(rules) } } : {}),
  };
}

/** Undefined values are annotations that must go. */
function ownAnnotations(
  rollout: Rollout,
  current: Readonly<Record<string, string>>,
  { target, wanted, keepsWeight }: PatchOrder,
): Readonly<Record<string, string | undefined>> {
  const action = annotationKey(rollout, 'actions', rootService(rollout));
  const routes = headerRoutes(wanted);
  const set: Record<string, string | undefined> = {};
  if (!keepsWeight) set[action] = forwardAction(groupsOf(rollout, wanted, target.ports), stickiness(rollout));
  const gone = wanted.managed ? managedNames(rollout).filter((name) => !routes.some((one) => one.name === name)) : [];
  const keysOf = (name: string) => [
    annotationKey(rollout, 'actions', name),
    annotationKey(rollout, 'conditions', name),
  ];
  const removed = gone.flatMap(keysOf).filter((key) => key !== action);
  for (const key of removed) set[key] = undefined;
  for (const { name, match } of routes) {
    const canary = { service: pairOf(rollout, wanted).canary, weight: 100 };
    const groups = target.ports.map((port) => ({ ...canary, port }));
    set[annotationKey(rollout, 'actions', name)] = forwardAction(groups, stickiness(rollout));
    set[annotationKey(rollout, 'conditions', name)] = headerConditions(match);
  }
  const book = bookkeepingKey(rollout);
  const held = [action, ...routes.flatMap(({ name }) => keysOf(name))];
  return { ...set, [book]: managedAnnotations(current[book], rollout.metadata.name, held, removed) };
}

/** Argo's order: canary, the Services of experiments, stable; each with every port. */
function groupsOf(rollout: Rollout, wanted: WeightPlan, ports: readonly number[]): readonly TargetGroup[] {
  const order = { canary: 0, extra: 1, stable: 2 };
  const pair = pairOf(rollout, wanted);
  const named = (one: Destination) => (one.role === 'extra' ? one.service : pair[one.role]);
  return [...wanted.destinations]
    .sort((one, other) => order[one.role] - order[other.role])
    .flatMap((one) => ports.map((port) => ({ service: named(one), port, weight: one.weight })));
}

function stickiness(rollout: Rollout) {
  const { enabled = false, durationSeconds = 0 } = settings(rollout)?.stickinessConfig ?? {};
  return enabled ? { durationSeconds } : undefined;
}

/**
 * The rules with the paths of the header routes in front, in their order, and without those of the other managed routes;
 * undefined when they are right already. Only rules that lead to this Rollout get them: the others are somebody else's.
 */
function routedRules(
  rollout: Rollout,
  rules: readonly IngressRule[],
  wanted: WeightPlan,
): readonly IngressRule[] | undefined {
  const root = rootService(rollout);
  const names = managedNames(rollout).filter((name) => name !== root);
  const next = rules.map((rule): IngressRule => {
    if (!rule.http) return rule;
    const rest = rule.http.paths.filter((path) => !names.some((name) => isRoutePath(path, name)));
    if (!rest.some((path) => namesService(path, root))) return rule;
    return {
      ...rule,
      http: { ...rule.http, paths: [...headerRoutes(wanted).map((one) => routePath(one.name)), ...rest] },
    };
  });
  return isEqual(jsonList(next), jsonList(rules)) ? undefined : next;
}

function routePath(name: string): IngressPath {
  const service = { name, port: { name: annotationPort } };
  return { path: '/*', pathType: 'ImplementationSpecific', backend: { service } };
}

function isRoutePath(path: IngressPath, name: string): boolean {
  return namesService(path, name) && path.backend.service?.port?.name === annotationPort;
}

/** The annotations, and the paths of header routes while there are any. */
function claimAnnotations(rollout: Rollout, found: Found): readonly Claim[] {
  const names = managedNames(rollout).filter((name) => name !== rootService(rollout));
  const own = [
    annotationKey(rollout, 'actions', rootService(rollout)),
    ...names.flatMap((name) => [annotationKey(rollout, 'actions', name), annotationKey(rollout, 'conditions', name)]),
    bookkeepingKey(rollout),
  ];
  return ingresses(rollout).flatMap(({ name }) => {
    const key = ingressKey(rollout.metadata.namespace, name);
    const object = found(key);
    if (!object) return [];
    const annotations = own.map((one) => `/metadata/annotations/${pointerPart(one)}`);
    const paths = (asIngress(object).spec?.rules ?? []).flatMap((rule, at) =>
      (rule.http?.paths ?? []).flatMap((path, index) =>
        names.some((one) => isRoutePath(path, one)) ? [`/spec/rules/${at}/http/paths/${index}`] : [],
      ),
    );
    return [{ object: key, pointers: [...annotations, ...paths] }];
  });
}
