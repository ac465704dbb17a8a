/** The fields of a Gateway API route, of any kind, that weights and confirmation depend on, narrowed from the live object. */

import type { JsonObject, KubeObject } from '../../kube/api.ts';

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly weight?: number;
}

export interface HeaderMatch {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

/** One match of an HTTPRoute or a GRPCRoute (whose `method` is an object). */
export interface RuleMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly method?: string | JsonObject;
  readonly headers?: readonly HeaderMatch[];
}

export interface RouteRule {
  readonly name?: string;
  readonly matches?: readonly RuleMatch[];
  readonly filters?: readonly JsonObject[];
  readonly backendRefs?: readonly BackendRef[];
}

interface ParentRef {
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

interface RouteCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

interface ParentStatus {
  readonly parentRef: ParentRef;
  readonly conditions?: readonly RouteCondition[];
}

/** The server validated the object against the CRD, so only presence is in question here, not types. */
export interface GatewayRouteObject extends KubeObject {
  readonly spec?: { readonly parentRefs?: readonly ParentRef[]; readonly rules?: readonly RouteRule[] };
  readonly status?: { readonly parents?: readonly ParentStatus[] };
}

export function asRoute(object: KubeObject & JsonObject): GatewayRouteObject {
  return object as GatewayRouteObject;
}

function textOf({ kind, metadata }: GatewayRouteObject): string {
  return `${kind}/${metadata.name}`;
}

/** Gateway API: an absent weight is 1. */
export function weightOf(ref: BackendRef): number {
  return ref.weight ?? 1;
}

export function isService(ref: BackendRef, name: string, routeNamespace: string, namespace: string): boolean {
  return (
    (ref.group ?? '') === '' &&
    (ref.kind ?? 'Service') === 'Service' &&
    ref.name === name &&
    (ref.namespace ?? routeNamespace) === namespace
  );
}

/**
 * Why the route's current generation is not yet accepted by all its parents; undefined when it is. Acceptance is a
 * condition pair per parent (Accepted, ResolvedRefs) with an observedGeneration that is not older than the object's.
 */
export function notConfirmed(route: GatewayRouteObject): string | undefined {
  const parents = route.spec?.parentRefs ?? [];
  if (parents.length === 0) return `${textOf(route)} has no parentRefs, so no Gateway serves it`;
  for (const parent of parents) {
    const status = route.status?.parents?.find((entry) => sameParent(entry.parentRef, parent));
    if (!status) return `Gateway/${parent.name} has not reported ${textOf(route)} yet`;
    const why = parentProblem(route, parent, status);
    if (why) return why;
  }
  return undefined;
}

function parentProblem(route: GatewayRouteObject, parent: ParentRef, status: ParentStatus): string | undefined {
  const generation = route.metadata.generation ?? 0;
  for (const type of ['Accepted', 'ResolvedRefs']) {
    const condition = status.conditions?.find((one) => one.type === type);
    if (!condition || (condition.observedGeneration ?? 0) < generation) {
      return `Gateway/${parent.name} has not taken generation ${generation} of ${textOf(route)} yet (${type})`;
    }
    if (condition.status !== 'True') {
      const detail = condition.message || condition.reason || condition.status;
      return `Gateway/${parent.name} refuses ${textOf(route)}: ${type} is ${condition.status} (${detail})`;
    }
  }
  return undefined;
}

function sameParent(a: ParentRef, b: ParentRef): boolean {
  return (
    a.name === b.name &&
    a.sectionName === b.sectionName &&
    a.port === b.port &&
    (a.namespace ?? b.namespace) === (b.namespace ?? a.namespace)
  );
}
