/** The application that the end-to-end tests release: a Rollout behind an HTTPRoute with a config and a metric check, as YAML in a repository. */

export interface ShopOptions {
  readonly name: string;
  readonly version: string;
  /** Percentage of requests that the pods answer with 500. */
  readonly errorPct: number;
  /** What the pods read from their ConfigMap and show in every answer. */
  readonly greeting: string;
  readonly replicas?: number;
  readonly prometheusUrl: string;
  /** Length of the pause after each weight. */
  readonly pauseSeconds?: number;
  /** Canary steps in YAML, instead of the usual two weights. */
  readonly steps?: string;
  /** The whole image, instead of one made of the version. */
  readonly image?: string;
  /** More settings of the pods, in their ConfigMap (see sandbox/kubelet/behaviour.ts). */
  readonly config?: Readonly<Record<string, string>>;
  /** A worker beside the Rollout, a Deployment with this image. */
  readonly workerImage?: string;
  /** More lines of the Rollout's spec, indented by two. */
  readonly specLines?: string;
  /** Lines of the strategy's `canary`, indented by six: background analysis and the like. */
  readonly canaryLines?: string;
  /** The query of the check, instead of the usual one. */
  readonly query?: string;
  /** Without a route the split is by replica ratio. */
  readonly withRoute?: boolean;
}

type Files = Readonly<Record<string, string>>;

/** Files of one app below `apps/<name>/`. */
export function shopFiles(options: ShopOptions): Files {
  const folder = `apps/${options.name}`;
  const routed = options.withRoute ?? true;
  return {
    [`${folder}/config.yaml`]: configMap(options),
    [`${folder}/services.yaml`]: [service(options.name, 'stable'), service(options.name, 'canary')].join('---\n'),
    ...(routed ? { [`${folder}/route.yaml`]: route(options.name) } : {}),
    ...(options.workerImage === undefined
      ? {}
      : { [`${folder}/worker.yaml`]: worker(options.name, options.workerImage) }),
    [`${folder}/checks.yaml`]: analysisTemplate(options),
    [`${folder}/rollout.yaml`]: rollout(options),
  };
}

function configMap({ name, greeting, errorPct, config = {} }: ShopOptions): string {
  const more = Object.entries(config).map(([key, value]) => `  ${key}: "${value}"\n`);
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}-config
data:
  GREETING: ${greeting}
  ERROR_PCT: "${errorPct}"
${more.join('')}`;
}

function service(name: string, role: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}-${role}
spec:
  selector:
    app: ${name}
  ports:
    - name: http
      port: 80
      targetPort: 8080
`;
}

function route(name: string): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${name}
spec:
  parentRefs:
    - name: bed-gateway
      namespace: default
      sectionName: web
  hostnames:
    - ${name}.example
  rules:
    - backendRefs:
        - name: ${name}-stable
          port: 80
          weight: 100
        - name: ${name}-canary
          port: 80
          weight: 0
`;
}

function worker(name: string, image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}-worker
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ${name}-worker
  template:
    metadata:
      labels:
        app: ${name}-worker
    spec:
      containers:
        - name: worker
          image: ${image}
`;
}

function analysisTemplate({ name, prometheusUrl, query }: ShopOptions): string {
  const selector = `app="${name}",rollouts_pod_template_hash="{{args.hash}}"`;
  const usual = `|
            (sum(rate(http_requests_total{${selector},code=~"5.."}[4s])) or vector(0))
            / sum(rate(http_requests_total{${selector}}[4s]))`;
  return `apiVersion: tidegate.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: ${name}-errors
spec:
  args:
    - name: hash
  metrics:
    - name: error-share
      interval: 1s
      count: 3
      failureLimit: 1
      successCondition: result[0] < 0.05
      provider:
        prometheus:
          address: ${prometheusUrl}
          query: ${query === undefined ? usual : JSON.stringify(query)}
`;
}

function rollout(options: ShopOptions): string {
  const { name, version, replicas = 5 } = options;
  const routing = `
      stableService: ${name}-stable
      canaryService: ${name}-canary
      scaleDownDelaySeconds: 3
      abortScaleDownDelaySeconds: 3
      trafficRouting:
        gatewayAPI:
          httpRoutes:
            - name: ${name}`;
  return `apiVersion: tidegate.io/v1alpha1
kind: Rollout
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
${options.specLines ?? ''}  selector:
    matchLabels:
      app: ${name}
  strategy:
    canary:${(options.withRoute ?? true) ? routing : ''}
${options.canaryLines ?? ''}      steps:
${options.steps ?? usualSteps(options)}
  template:
    metadata:
      labels:
        app: ${name}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: app
          image: ${options.image ?? `tidegate.dev/app:${version}`}
          ports:
            - containerPort: 8080
          readinessProbe:
            periodSeconds: 1
            httpGet:
              path: /
              port: 8080
          envFrom:
            - configMapRef:
                name: ${name}-config
`;
}

function usualSteps({ name, pauseSeconds = 8 }: ShopOptions): string {
  const check = `        - analysis:
            templates:
              - templateName: ${name}-errors
            args:
              - name: hash
                valueFrom:
                  podTemplateHashValue: Latest`;
  const step = (weight: number) =>
    `        - setWeight: ${weight}\n        - pause: {duration: ${pauseSeconds}s}\n${check}`;
  return [step(20), step(50)].join('\n');
}
