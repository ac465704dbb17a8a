/** Kubernetes objects around the gateway: routes with weights, and Services whose endpoints a test names by hand. */
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

/** A Service without a selector and the EndpointSlice that leads to one address. */
export function serviceAt(name: string, address: string, port: number): BedObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { ports: [{ name: 'http', port: 80, targetPort: port }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-by-hand`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
  ];
}
