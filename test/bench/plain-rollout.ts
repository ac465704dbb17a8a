/** Rollouts that the bench applies itself, without Git. */

import type { BedObject } from '../bed/api.ts';
import { namespace } from '../e2e/world.ts';

export interface PlainOptions {
  readonly name: string;
  readonly version: string;
  readonly replicas: number;
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  /** Split by an HTTPRoute of the same name instead of by replica ratio. */
  readonly routed?: boolean;
  /** Background analysis by this template. */
  readonly analysis?: string;
}

export function plainRollout(options: PlainOptions): BedObject {
  const { name, version, replicas, steps, routed = false, analysis } = options;
  const routing = {
    stableService: `${name}-stable`,
    canaryService: `${name}-canary`,
    abortScaleDownDelaySeconds: 1,
    scaleDownDelaySeconds: 1,
    trafficRouting: { gatewayAPI: { httpRoutes: [{ name }] } },
  };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: {
        canary: {
          ...(routed ? routing : {}),
          ...(analysis === undefined ? {} : { analysis: { templates: [{ templateName: analysis }] } }),
          steps,
        },
      },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'app', image: `tidegate.dev/app:${version}`, ports: [{ containerPort: 8080 }] }],
        },
      },
    },
  };
}

export function routeObjects(name: string): BedObject[] {
  const service = (role: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-${role}`, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  const backend = (role: string, weight: number) => ({ name: `${name}-${role}`, port: 80, weight });
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ name: 'bed-gateway', namespace: 'default', sectionName: 'web' }],
      hostnames: [`${name}.example`],
      rules: [{ backendRefs: [backend('stable', 100), backend('canary', 0)] }],
    },
  };
  return [service('stable'), service('canary'), route];
}

export function errorTemplate(name: string, address: string): BedObject {
  const provider = { prometheus: { address, query: 'error_share' } };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace },
    spec: {
      metrics: [{ name: 'errors', interval: '1s', failureLimit: 0, successCondition: 'result[0] < 0.5', provider }],
    },
  };
}
