/** The shop that the demo releases: plain YAML in the repository, one Rollout behind an HTTPRoute with two checks. Pure. */

import type { Scenario } from './scenarios.ts';

export const appName = 'web';
export const appNamespace = 'shop';
export const appFolder = 'apps/web';
export const replicas = 4;
const gatewayName = 'sandbox';

export type Version = Pick<Scenario, 'version' | 'errorPct' | 'hasGate'>;

/** Queries of the checks by metric name; `hash` is the pod template hash of the revision that is asked about. */
export function checkQueries(hash: string): Readonly<Record<string, string>> {
  const pods = `app="${appName}",rollouts_pod_template_hash="${hash}"`;
  return {
    'success-rate': `sum(rate(http_requests_total{${pods},code!~"5.."}[10s])) / sum(rate(http_requests_total{${pods}}[10s]))`,
    'latency-p95': `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{${pods}}[10s])))`,
  };
}

/** Real delays seem as many times as long as simulated time is fast: the limit of half a real second grows with it. */
function limits(speed: number): Readonly<Record<string, string>> {
  return {
    'success-rate': 'result[0] >= 0.95',
    'latency-p95': `result[0] <= ${latencySeconds(speed)}`,
  };
}

function latencySeconds(speed: number): number {
  return Number((0.5 * speed).toFixed(3));
}

/** `speed`: how many times as fast as real time the cluster's time runs. */
export function shopFiles(version: Version, speed: number): Readonly<Record<string, string>> {
  return {
    [`${appFolder}/config.yaml`]: configMap(version),
    [`${appFolder}/services.yaml`]: [service('stable'), service('canary')].join('---\n'),
    [`${appFolder}/route.yaml`]: route(),
    [`${appFolder}/checks.yaml`]: checks(speed),
    [`${appFolder}/rollout.yaml`]: rollout(version),
  };
}

function configMap({ version, errorPct }: Version): string {
  return `# What the pods read; ERROR_PCT is the share of requests that they answer with 500.
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${appName}-config
data:
  GREETING: hello from ${version}
  ERROR_PCT: "${errorPct}"
  LATENCY_MS: "20"
`;
}

function service(role: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${appName}-${role}
spec:
  selector:
    app: ${appName}
  ports:
    - name: http
      port: 80
      targetPort: 8080
`;
}

function route(): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${appName}
spec:
  parentRefs:
    - name: ${gatewayName}
      namespace: default
  rules:
    - backendRefs:
        - name: ${appName}-stable
          port: 80
          weight: 100
        - name: ${appName}-canary
          port: 80
          weight: 0
`;
}

function checks(speed: number): string {
  const metrics = Object.entries(checkQueries('{{args.hash}}')).map(
    ([name, query]) => `    - name: ${name}
      interval: 2s
      count: 5
      failureLimit: 1
      successCondition: ${limits(speed)[name] ?? ''}
      provider:
        prometheus:
          query: |
            ${query}
`,
  );
  return `# Fails a release at the second reading beyond its limit; the latency is only watched.
# At speed ${speed} half a second of real time is ${latencySeconds(speed)} s of simulated time, which is the limit of the latency.
apiVersion: tidegate.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: ${appName}-checks
spec:
  args:
    - name: hash
  dryRun:
    - metricName: latency-p95
  metrics:
${metrics.join('')}`;
}

function rollout({ version, hasGate }: Version): string {
  return `apiVersion: tidegate.io/v1alpha1
kind: Rollout
metadata:
  name: ${appName}
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: ${appName}
  strategy:
    canary:
      stableService: ${appName}-stable
      canaryService: ${appName}-canary
      scaleDownDelaySeconds: 5
      abortScaleDownDelaySeconds: 10
      trafficRouting:
        gatewayAPI:
          httpRoutes:
            - name: ${appName}
      steps:
${(hasGate ? gateSteps : usualSteps).join('')}  template:
    metadata:
      labels:
        app: ${appName}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: ${appName}
          image: registry.example.com/shop/${appName}:${version}
          ports:
            - containerPort: 8080
          readinessProbe:
            periodSeconds: 1
            httpGet:
              path: /
              port: 8080
          envFrom:
            - configMapRef:
                name: ${appName}-config
`;
}

/** What the canary gets while the gate stands. */
export const gateWeightPct = 20;

const weight = (pct: number): string => `        - setWeight: ${pct}\n`;
const hold = '        - pause: {duration: 10s}\n';
const gate = '        - pause: {}\n';
const check = `        - analysis:
            templates:
              - templateName: ${appName}-checks
            args:
              - name: hash
                valueFrom:
                  podTemplateHashValue: Latest
`;

const usualSteps = [weight(20), hold, check, weight(50), hold, check];
const gateSteps = [weight(gateWeightPct), gate, weight(50), hold, check];
