/** The applications that the scenarios release, as objects by path, and the GitSync that follows them. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Files } from './memory-git.ts';
import { errorShareQuery } from './metrics-answers.ts';

export const namespace = 'shop';
export const repository = 'https://git.example/shop.git';
export const branch = 'main';
const apiVersion = 'tidegate.io/v1alpha1';

export interface AppOptions {
  readonly name: string;
  /** Makes the revision. */
  readonly version: string;
  /** The canary fails six of ten requests. */
  readonly bad?: boolean;
  /** Without a route the split is by replica ratio. */
  readonly routed?: boolean;
  readonly replicas?: number;
  readonly analysis?: 'step' | 'background';
  readonly steps?: readonly JsonObject[];
  /** Blue-green instead of steps, with the analysis before or after the switch, or both. */
  readonly blueGreen?: 'before' | 'after' | 'both';
}

/** Everything of one app below `apps/<name>/`. */
export function appFiles(options: AppOptions): Files {
  const { name, version, blueGreen, routed = blueGreen === undefined } = options;
  const folder = `apps/${name}`;
  return {
    [`${folder}/config.yaml`]: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-config` },
      data: { GREETING: `hello ${version}` },
    },
    ...(routed
      ? {
          [`${folder}/stable.yaml`]: service(`${name}-stable`, name),
          [`${folder}/canary.yaml`]: service(`${name}-canary`, name),
          [`${folder}/route.yaml`]: route(name),
        }
      : { [`${folder}/service.yaml`]: service(name, name) }),
    ...(blueGreen === undefined ? {} : { [`${folder}/preview.yaml`]: service(`${name}-preview`, name) }),
    [`${folder}/checks.yaml`]: checks(name),
    [`${folder}/rollout.yaml`]: rollout(options),
  };
}

function service(name: string, app: string): JsonObject {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app }, ports } };
}

function route(name: string): JsonObject {
  const backend = (role: string, weight: number): JsonObject => ({ name: `${name}-${role}`, port: 80, weight });
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: {
      parentRefs: [{ name: 'sandbox', namespace: 'default' }],
      hostnames: [`${name}.example`],
      rules: [{ backendRefs: [backend('stable', 100), backend('canary', 0)] }],
    },
  };
}

function checks(name: string): JsonObject {
  const metric = {
    name: 'error-share',
    interval: '1s',
    count: 3,
    failureLimit: 1,
    successCondition: 'result[0] < 0.05',
    provider: { prometheus: { address: 'http://prometheus.example', query: errorShareQuery(name, '{{args.hash}}') } },
  };
  return {
    apiVersion,
    kind: 'AnalysisTemplate',
    metadata: { name: `${name}-errors` },
    spec: { args: [{ name: 'hash' }], metrics: [metric] },
  };
}

function analysis(name: string): JsonObject {
  return {
    templates: [{ templateName: `${name}-errors` }],
    args: [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } }],
  };
}

function usualSteps(name: string, withAnalysis: boolean): readonly JsonObject[] {
  const step = (weight: number): JsonObject[] => [
    { setWeight: weight },
    { pause: { duration: '5s' } },
    ...(withAnalysis ? [{ analysis: analysis(name) }] : []),
  ];
  return [...step(20), ...step(50)];
}

function rollout(options: AppOptions): JsonObject {
  const { name, version, bad = false, routed = true, replicas = 4, analysis: how = 'step' } = options;
  const routing = {
    stableService: `${name}-stable`,
    canaryService: `${name}-canary`,
    scaleDownDelaySeconds: 3,
    abortScaleDownDelaySeconds: 3,
    trafficRouting: { gatewayAPI: { httpRoutes: [{ name }] } },
  };
  const container = {
    name: 'app',
    image: `tidegate.dev/${name}:${bad ? 'bad-' : ''}${version}`,
    ports: [{ containerPort: 8080 }],
    readinessProbe: { periodSeconds: 1, httpGet: { path: '/', port: 8080 } },
    envFrom: [{ configMapRef: { name: `${name}-config` } }],
  };
  return {
    apiVersion,
    kind: 'Rollout',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: blueGreenOf(options) ?? {
        canary: {
          ...(routed ? routing : {}),
          ...(how === 'background' ? { analysis: { ...analysis(name), startingStep: 1 } } : {}),
          steps: [...(options.steps ?? usualSteps(name, how === 'step'))],
        },
      },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 2, containers: [container] },
      },
    },
  };
}

function blueGreenOf({ name, blueGreen }: AppOptions): JsonObject | undefined {
  if (blueGreen === undefined) return undefined;
  const strategy = {
    activeService: name,
    previewService: `${name}-preview`,
    previewReplicaCount: 2,
    autoPromotionSeconds: 3,
    scaleDownDelaySeconds: 3,
    abortScaleDownDelaySeconds: 3,
    ...(blueGreen === 'after' ? {} : { prePromotionAnalysis: analysis(name) }),
    ...(blueGreen === 'before' ? {} : { postPromotionAnalysis: analysis(name) }),
  };
  return { blueGreen: strategy };
}

/** What is there before anything is released. */
export function firstObjects(): readonly JsonObject[] {
  const gateway = 'gateway.networking.k8s.io/v1';
  const listener = { name: 'web', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tidegate' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tidegate', namespace: 'tidegate' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace } },
    {
      apiVersion: gateway,
      kind: 'GatewayClass',
      metadata: { name: 'sandbox' },
      spec: { controllerName: 'sandbox.tidegate.io/gateway' },
    },
    {
      apiVersion: gateway,
      kind: 'Gateway',
      metadata: { name: 'sandbox', namespace: 'default' },
      spec: { gatewayClassName: 'sandbox', listeners: [listener] },
    },
  ];
}

export function gitSync(name: string, path: string): JsonObject {
  return {
    apiVersion,
    kind: 'GitSync',
    metadata: { name, namespace },
    spec: {
      repository,
      branch,
      path,
      interval: '5s',
      serviceAccountName: 'deployer',
      revert: { mode: 'push' },
    },
  };
}
