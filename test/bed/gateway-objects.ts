/** Kubernetes objects around the gateway: routes with weights. */
import type { BedObject } from './api.ts';
import type { Gateway } from './gateway.ts';

/** An HTTPRoute that splits all requests of a host name between Services by weight. */
export function weightedRoute(
  name: string,
  parentRef: Gateway['parentRef'],
  hostname: string,
  weights: Readonly<Record<string, number>>,
): BedObject {
  const backendRefs = Object.entries(weights).map(([service, weight]) => ({ name: service, port: 80, weight }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'default' },
    spec: {
      parentRefs: [parentRef],
      hostnames: [hostname],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs }],
    },
  };
}
