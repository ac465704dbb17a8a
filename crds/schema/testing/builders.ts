/** Small valid objects for tests; each takes what the test is about. */

import type { AnalysisTemplate } from '../analysis-template.ts';
import type { CanaryStrategy } from '../canary.ts';
import type { GitSync, GitSyncSpec } from '../git-sync.ts';
import type { Metric } from '../metric.ts';
import type { Rollout, RolloutSpec } from '../rollout.ts';

/** A Rollout `shop/web` with two steps and no router. */
export function aRollout(spec: Partial<RolloutSpec> = {}): Rollout {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } },
      ...spec,
    },
  };
}

/** The same with this canary strategy. */
export function aCanary(canary: CanaryStrategy): Rollout {
  return aRollout({ strategy: { canary } });
}

/** A canary with both Services and an HTTPRoute. */
export function aRoutedCanary(canary: CanaryStrategy = {}): Rollout {
  const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'web' }] } };
  return aCanary({
    canaryService: 'web-canary',
    stableService: 'web-stable',
    trafficRouting,
    steps: [{ setWeight: 20 }],
    ...canary,
  });
}

export function aMetric(metric: Partial<Metric> = {}): Metric {
  return { name: 'success-rate', provider: { prometheus: { query: 'up' } }, ...metric };
}

export function aTemplate(spec: AnalysisTemplate['spec'] = {}): AnalysisTemplate {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'checks', namespace: 'shop' },
    spec: { metrics: [aMetric()], ...spec },
  };
}

export function aGitSync(spec: Partial<GitSyncSpec> = {}): GitSync {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitSync',
    metadata: { name: 'shop', namespace: 'shop' },
    spec: {
      repository: 'https://git.example.com/shop.git',
      branch: 'main',
      path: 'apps/shop',
      serviceAccountName: 'deployer',
      revert: { mode: 'push' },
      ...spec,
    },
  };
}
