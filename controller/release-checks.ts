/** The checks that a whole rendered set must pass besides git-sync's own, from the caches and settings that the process has. */

import { lintTemplate } from '../analysis/lint-template.ts';
import type { MetricProvider } from '../analysis/provider.ts';
import { type Dialect, isArgo } from '../crds/schema/dialect.ts';
import type { AnyTemplate } from '../crds/schema/merge-templates.ts';
import type { Problem } from '../crds/schema/problem.ts';
import { argumentsUsed, validateTemplate } from '../crds/schema/validate-analysis.ts';
import type { KubeObject, ObjectKey } from '../kube/api.ts';
import { type AddressPolicy, checkHost } from '../outbound/address-policy.ts';
import type { Caches } from './caches.ts';
import { rolloutChecks } from './git-sync/rollout-checks.ts';
import type { SetCheck } from './git-sync/set-checks.ts';
import { routeKindId } from './traffic/route-kinds.ts';
import type { TrafficRouter } from './traffic/router.ts';

export interface ReleaseCheckParts {
  readonly caches: Caches;
  readonly dialect: Dialect;
  readonly routers: readonly TrafficRouter[];
  readonly lint: TemplateLint;
}

/** Everything wrong with a template by itself. */
export type TemplateLint = (template: AnyTemplate) => readonly Problem[];

export function releaseChecks({ caches, dialect, routers, lint }: ReleaseCheckParts): readonly SetCheck[] {
  return [
    rolloutChecks({
      dialect,
      routers,
      lint,
      live: (key) => cachedObject(caches, key),
    }),
  ];
}

/**
 * What is known of templates before they are measured: the backends' own rules, and hosts that are refused by their literal
 * address. Each template is looked at once, as long as it is the same object. In argoproj.io, where such a template ends its
 * run with an error, only the rules of the schema hold.
 */
export function templateLint(
  dialect: Dialect,
  providers: readonly MetricProvider[],
  policy: AddressPolicy,
): TemplateLint {
  const known = new WeakMap<AnyTemplate, readonly Problem[]>();
  const refusedHost = (host: string, port: number | undefined): string | undefined => {
    const verdict = checkHost(host, policy, port);
    return verdict.kind === 'refused' ? verdict.why : undefined;
  };
  return (template) => {
    const cached = known.get(template);
    if (cached !== undefined) return cached;
    const found = isArgo(dialect)
      ? validateTemplate(template, usedArguments(template))
      : lintTemplate(template, { providers, refusedHost });
    known.set(template, found);
    return found;
  };
}

/** Argo Rollouts looks for them among all templates that are used together, so one alone can't lack any. */
function usedArguments(template: AnyTemplate): readonly { readonly name: string }[] {
  return argumentsUsed(template.spec.metrics).map((name) => ({ name }));
}

/** Kinds that a Rollout may name; undefined for all others. */
function cachedObject({ rollout }: Caches, { group, kind, namespace, name }: ObjectKey): KubeObject | undefined {
  switch (kind) {
    case 'Service':
      return rollout.services.get(namespace, name);
    case 'AnalysisTemplate':
      return rollout.analysisTemplates.get(namespace, name);
    case 'ClusterAnalysisTemplate':
      return rollout.clusterAnalysisTemplates.get('', name);
    case 'StrategyPreset':
      return rollout.strategyPresets.get(namespace, name);
    case 'ClusterStrategyPreset':
      return rollout.clusterStrategyPresets.get('', name);
    default:
      return rollout.routes.get(routeKindId({ group, kind }))?.get(namespace, name);
  }
}
