/** The checks that a whole rendered set must pass besides git-sync's own, from the caches and settings that the process has. */

import { lintTemplate, type LintOptions } from '../analysis/lint-template.ts';
import type { MetricProvider } from '../analysis/provider.ts';
import type { Dialect } from '../crds/schema/dialect.ts';
import type { KubeObject, ObjectKey } from '../kube/api.ts';
import { type AddressPolicy, checkHost } from '../outbound/address-policy.ts';
import type { Caches } from './caches.ts';
import { rolloutChecks } from './git-sync/rollout-checks.ts';
import type { SetCheck } from './git-sync/set-checks.ts';
import type { TrafficRouter } from './traffic/router.ts';

export interface ReleaseCheckParts {
  readonly caches: Caches;
  readonly dialect: Dialect;
  readonly routers: readonly TrafficRouter[];
  readonly lint: LintOptions;
}

export function releaseChecks({ caches, dialect, routers, lint }: ReleaseCheckParts): readonly SetCheck[] {
  return [
    rolloutChecks({
      dialect,
      routers,
      lint: (template) => lintTemplate(template, lint),
      live: (key) => cachedObject(caches, key),
    }),
  ];
}

/** What is known of templates before they are measured: the backends' own rules, and hosts that are refused by their literal address. */
export function lintOptions(providers: readonly MetricProvider[], policy: AddressPolicy): LintOptions {
  return {
    providers,
    refusedHost: (host, port) => {
      const verdict = checkHost(host, policy, port);
      return verdict.kind === 'refused' ? verdict.why : undefined;
    },
  };
}

/** Kinds that a Rollout may name; undefined for all others. */
function cachedObject({ rollout }: Caches, { kind, namespace, name }: ObjectKey): KubeObject | undefined {
  switch (kind) {
    case 'Service':
      return rollout.services.get(namespace, name);
    case 'AnalysisTemplate':
      return rollout.analysisTemplates.get(namespace, name);
    case 'ClusterAnalysisTemplate':
      return rollout.clusterAnalysisTemplates.get('', name);
    default:
      return rollout.routes.get(kind)?.get(namespace, name);
  }
}
