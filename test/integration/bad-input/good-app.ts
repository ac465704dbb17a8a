/** The application that every case starts from: released, healthy, and then spoiled in one place. */

import type { BedObject } from '../../bed/api.ts';

export const appName = 'web';

export type Part = 'config' | 'stable' | 'canary' | 'checks' | 'rollout';
export type App = Readonly<Record<Part, BedObject>>;

/** Objects without a namespace, as they stand in Git. One pod; a canary at half, checked by a template with one argument. */
export function goodApp(): App {
  return {
    config: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web-config' }, data: { GREETING: 'hello' } },
    stable: service('web-stable'),
    canary: service('web-canary'),
    checks: {
      apiVersion: 'tidegate.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'web-checks' },
      spec: {
        args: [{ name: 'hash' }],
        metrics: [
          {
            name: 'errors',
            interval: '5s',
            count: 3,
            failureLimit: 1,
            successCondition: 'result[0] < 0.05',
            provider: {
              prometheus: { address: 'http://127.0.0.1:9', query: 'sum(rate(errors_total{hash="{{args.hash}}"}[1m]))' },
            },
          },
        ],
      },
    },
    rollout: {
      apiVersion: 'tidegate.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: appName },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        strategy: {
          canary: {
            stableService: 'web-stable',
            canaryService: 'web-canary',
            steps: [
              { setWeight: 50 },
              { pause: { duration: '10s' } },
              {
                analysis: {
                  templates: [{ templateName: 'web-checks' }],
                  args: [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } }],
                },
              },
            ],
          },
        },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              { name: 'app', image: 'tidegate.dev/app:1', envFrom: [{ configMapRef: { name: 'web-config' } }] },
            ],
          },
        },
      },
    },
  };
}

function service(name: string): BedObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

/** The files of an app in its folder; JSON is YAML too. */
export function filesOf(app: App): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(app).map(([part, object]) => [`${part}.yaml`, yaml(object)]));
}

export function yaml(object: object): string {
  return `${JSON.stringify(object, null, 2)}\n`;
}
