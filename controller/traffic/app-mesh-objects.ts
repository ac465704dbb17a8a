/** App Mesh's VirtualService, VirtualRouter and VirtualNode as far as weights and pod selectors depend on them. */

import type { JsonObject, KubeObject } from '../../kube/api.ts';
import type { RouteState } from './router.ts';

export const groupName = 'appmesh.k8s.aws';

interface Named {
  readonly name: string;
  readonly namespace?: string;
}

export interface WeightedTarget {
  readonly virtualNodeRef?: Named;
  readonly weight?: number;
}

/** The kinds of routes that can split traffic, the first that is set counts. */
const ruleKinds = ['httpRoute', 'tcpRoute', 'http2Route', 'grpcRoute'] as const;
type RuleKind = (typeof ruleKinds)[number];

interface Rule {
  readonly action?: { readonly weightedTargets?: readonly WeightedTarget[] };
}

export type Route = { readonly name?: string } & { readonly [K in RuleKind]?: Rule };

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly message?: string;
}

export interface VirtualRouter extends KubeObject {
  readonly spec?: { readonly routes?: readonly Route[] };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

interface AppMeshObject extends KubeObject {
  readonly spec?: {
    readonly provider?: { readonly virtualRouter?: { readonly virtualRouterRef?: Named } };
    readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

/** The server validated the objects against App Mesh's CRDs, so only presence is in question here, not types. */
export function asRouter(object: KubeObject & JsonObject): VirtualRouter {
  return object as VirtualRouter;
}

export function asAppMesh(object: KubeObject): AppMeshObject {
  return object as AppMeshObject;
}

export function routerOf(service: AppMeshObject): Named | undefined {
  return service.spec?.provider?.virtualRouter?.virtualRouterRef;
}

/** The part of a route that splits, and its targets. */
export function routeRule(
  route: Route,
): { readonly kind: RuleKind; readonly rule: Rule; readonly targets: readonly WeightedTarget[] } | undefined {
  for (const kind of ruleKinds) {
    const rule = route[kind];
    if (rule !== undefined) return { kind, rule, targets: rule.action?.weightedTargets ?? [] };
  }
  return undefined;
}

/** The route with other targets; the same object where none changes. */
export function withTargets(route: Route, change: (target: WeightedTarget) => WeightedTarget): Route {
  const found = routeRule(route);
  if (found === undefined) return route;
  const weightedTargets = found.targets.map(change);
  if (weightedTargets.every((one, at) => one === found.targets[at])) return route;
  return { ...route, [found.kind]: { ...found.rule, action: { ...found.rule.action, weightedTargets } } };
}

/** What App Mesh's controller says of the router; unknown where it never said anything. */
export function confirmationOf(router: VirtualRouter): Pick<RouteState, 'confirmed' | 'why'> {
  const { status, metadata } = router;
  const generation = metadata.generation ?? 0;
  const text = `VirtualRouter/${metadata.name}`;
  if (status?.observedGeneration === undefined) return { confirmed: 'unknown' };
  if (status.observedGeneration < generation)
    return { confirmed: 'no', why: `App Mesh has not taken generation ${generation} of ${text} yet` };
  const active = status.conditions?.find((one) => one.type === 'VirtualRouterActive');
  if (active === undefined) return { confirmed: 'unknown' };
  if (active.status === 'True') return { confirmed: 'yes' };
  return { confirmed: 'no', why: `App Mesh does not serve ${text}${active.message ? ` (${active.message})` : ''}` };
}
