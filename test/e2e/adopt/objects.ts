/** The application of a case before it is adopted: a Deployment `web`, two Services, and the route that its users come by. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { BedObject } from '../../bed/api.ts';
import type { Gateway } from '../../bed/gateway.ts';

export interface AppOptions {
  readonly replicas?: number;
  /** Laid over the pod's spec. */
  readonly podSpec?: JsonObject;
  /** Laid over its one container. */
  readonly container?: JsonObject;
  /** Steps of the canary once it is adopted. */
  readonly steps?: readonly JsonObject[];
}

export const appName = 'web';
export const defaultReplicas = 4;
export const hostOf = (namespace: string): string => `${namespace}.example`;
export const imageOf = (version: string): string => `tidegate.dev/app:${version}`;

export function deploymentObject(namespace: string, options: AppOptions = {}): BedObject {
  const labels = { app: appName };
  const ports = [{ name: 'http', containerPort: 8080 }];
  const containers = [{ name: 'app', image: imageOf('v1'), ports, ...options.container }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: appName, namespace },
    spec: {
      replicas: options.replicas ?? defaultReplicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 20, ...options.podSpec, containers },
      },
    },
  };
}

export function objectsOf(namespace: string, parentRef: Gateway['parentRef'], options: AppOptions = {}): BedObject[] {
  const service = (role: string): BedObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${appName}-${role}`, namespace },
    spec: { selector: { app: appName }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  const backend = (role: string, weight: number) => ({ name: `${appName}-${role}`, port: 80, weight });
  const route: BedObject = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: appName, namespace },
    spec: {
      parentRefs: [parentRef],
      hostnames: [hostOf(namespace)],
      rules: [{ backendRefs: [backend('stable', 100), backend('canary', 0)] }],
    },
  };
  return [service('stable'), service('canary'), route, deploymentObject(namespace, options)];
}

/** spec.strategy of the Rollout. */
export function strategyOf({ steps = [{ setWeight: 25 }, { pause: {} }] }: AppOptions = {}): JsonObject {
  return {
    canary: {
      stableService: `${appName}-stable`,
      canaryService: `${appName}-canary`,
      scaleDownDelaySeconds: 2,
      trafficRouting: { gatewayAPI: { httpRoutes: [{ name: appName }] } },
      steps: [...steps],
    },
  };
}
