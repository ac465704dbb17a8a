/** The kinds of objects that traffic routers read or write: caches, their change handlers and the controller's rights are made from it. */

import type { KindRef } from '../../kube/api.ts';

type RouteVerb = 'patch' | 'create' | 'delete';

/** `writes` are the verbs that its routers need besides reading. */
export interface RouteKind extends KindRef {
  /** Name of the resource in paths and rights. */
  readonly plural: string;
  readonly writes: readonly RouteVerb[];
}

const patched: readonly RouteVerb[] = ['patch'];
/** Routers that put an object of their own beside the one they are given. */
const made: readonly RouteVerb[] = ['patch', 'create', 'delete'];

function kinds(group: string, all: Readonly<Record<string, readonly [string, readonly RouteVerb[]]>>): RouteKind[] {
  return Object.entries(all).map(([kind, [plural, writes]]) => ({ group, kind, plural, writes }));
}

export const routeKinds: readonly RouteKind[] = [
  ...kinds('gateway.networking.k8s.io', {
    HTTPRoute: ['httproutes', patched],
    GRPCRoute: ['grpcroutes', patched],
    TLSRoute: ['tlsroutes', patched],
    TCPRoute: ['tcproutes', patched],
  }),
  ...kinds('networking.istio.io', {
    VirtualService: ['virtualservices', patched],
    DestinationRule: ['destinationrules', patched],
  }),
  ...kinds('networking.k8s.io', { Ingress: ['ingresses', made] }),
  ...kinds('split.smi-spec.io', { TrafficSplit: ['trafficsplits', made] }),
  ...kinds('getambassador.io', { Mapping: ['mappings', made] }),
  ...kinds('traefik.io', { TraefikService: ['traefikservices', patched] }),
  ...kinds('apisix.apache.org', { ApisixRoute: ['apisixroutes', made] }),
  ...kinds('projectcontour.io', { HTTPProxy: ['httpproxies', patched] }),
  ...kinds('kuma.io', { MeshHTTPRoute: ['meshhttproutes', patched], MeshTCPRoute: ['meshtcproutes', patched] }),
  ...kinds('appmesh.k8s.aws', {
    VirtualService: ['virtualservices', patched],
    VirtualRouter: ['virtualrouters', patched],
    VirtualNode: ['virtualnodes', patched],
  }),
];

/** Key of `RolloutStores.routes`: a kind alone is not unique (VirtualService is one of Istio and of App Mesh). */
export function routeKindId({ group, kind }: KindRef): string {
  return `${group}/${kind}`;
}
