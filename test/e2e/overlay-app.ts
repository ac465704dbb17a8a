/** The application of the overlay tests: its manifests say weights that no step has, and leave out what controllers set. */

import { filesOf } from './app-in-world.ts';
import type { World } from './world.ts';

export const app = 'shop';

export interface Edition {
  readonly version: string;
  readonly steps: string;
  /** Value of a label on every object: a commit that changes only this has to be applied all the same. */
  readonly label: string;
  /** The foreign rule stands first, with another time limit. */
  readonly reordered?: boolean;
  /** A second rule names both Services. */
  readonly secondRule?: boolean;
}

/** Weights in Git: no step of the tests has them. */
export const manifestWeights = { stable: 55, canary: 45 } as const;

export function overlayFiles(world: World, edition: Edition): Readonly<Record<string, string>> {
  const files = filesOf(world, app, { version: edition.version, steps: edition.steps, replicas: 5 });
  const folder = `apps/${app}`;
  return {
    ...files,
    [`${folder}/rollout.yaml`]: labelled(files[`${folder}/rollout.yaml`] ?? '', edition.label),
    [`${folder}/services.yaml`]: labelled(files[`${folder}/services.yaml`] ?? '', edition.label),
    [`${folder}/static.yaml`]: labelled(staticService, edition.label),
    [`${folder}/route.yaml`]: labelled(route(edition), edition.label),
    [`${folder}/autoscaler.yaml`]: autoscaler,
  };
}

/** With labels under each object's metadata, not under that of a pod template. */
function labelled(yaml: string, label: string): string {
  return yaml.replaceAll(/^metadata:\n/gm, `metadata:\n  labels:\n    team: shop\n    edition: ${label}\n`);
}

const staticService = `apiVersion: v1
kind: Service
metadata:
  name: ${app}-static
spec:
  selector:
    app: ${app}-static
  ports:
    - name: http
      port: 80
      targetPort: 8080
`;

const autoscaler = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ${app}
spec:
  scaleTargetRef:
    apiVersion: tidegate.io/v1alpha1
    kind: Rollout
    name: ${app}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
`;

function route({ reordered = false, secondRule = false }: Edition): string {
  const second = secondRule ? [weighted('/v2', 100, 0)] : [];
  const first = weighted('/', manifestWeights.stable, manifestWeights.canary);
  const rules = reordered ? [foreign('7s'), ...second, first] : [first, ...second, foreign('5s')];
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${app}
spec:
  parentRefs:
    - name: bed-gateway
      namespace: default
      sectionName: web
  hostnames:
    - ${app}.example
  rules:
${rules.join('')}`;
}

function weighted(path: string, stable: number, canary: number): string {
  return `    - matches:
        - path: {type: PathPrefix, value: ${path}}
      backendRefs:
        - name: ${app}-stable
          port: 80
          weight: ${stable}
        - name: ${app}-canary
          port: 80
          weight: ${canary}
`;
}

/** A rule that no Rollout names: its weight is Git's. */
function foreign(timeout: string): string {
  return `    - matches:
        - path: {type: PathPrefix, value: /static}
      timeouts: {request: ${timeout}}
      backendRefs:
        - name: ${app}-static
          port: 80
          weight: 7
`;
}
