/**
 * The rights of the controller's account, as the rooms use them; controller/rbac-yaml.ts writes them to charts/.
 * No right to Secrets and none to write what tenants apply: that happens with the tenant's own token.
 */

import { routeKinds } from './traffic/route-kinds.ts';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const read = ['get', 'list', 'watch'] as const;

/**
 * The account name for which the controller may mint tokens: a tenant's GitSync names it in `serviceAccountName`, and the
 * Secrets of AnalysisRuns are read with its rights.
 */
export const tenantAccount = 'tidegate-deployer';

/** `group` is that of Rollout and the analysis kinds. */
export function controllerRules(group: string): readonly Rule[] {
  return [
    { apiGroups: [group], resources: ['rollouts', 'analysistemplates', 'clusteranalysistemplates'], verbs: [...read] },
    { apiGroups: [group], resources: ['rollouts', 'rollouts/status'], verbs: ['patch'] },
    { apiGroups: [group], resources: ['analysisruns', 'experiments'], verbs: [...read, 'create', 'patch', 'delete'] },
    { apiGroups: [group], resources: ['analysisruns/status', 'experiments/status'], verbs: ['patch'] },
    { apiGroups: [group], resources: ['experiments/finalizers'], verbs: ['update'] },
    {
      apiGroups: ['tidegate.io'],
      resources: ['gitsyncs', 'gitreverts', 'releases', 'rolloutruns'],
      verbs: [...read, 'patch'],
    },
    { apiGroups: ['tidegate.io'], resources: ['strategypresets', 'clusterstrategypresets'], verbs: [...read] },
    { apiGroups: ['tidegate.io'], resources: ['gitreverts', 'releases', 'rolloutruns'], verbs: ['create', 'delete'] },
    {
      apiGroups: ['tidegate.io'],
      resources: ['gitsyncs/status', 'gitreverts/status', 'releases/status', 'rolloutruns/status'],
      verbs: ['patch'],
    },
    { apiGroups: ['tidegate.io'], resources: ['gitsyncs/finalizers', 'releases/finalizers'], verbs: ['update'] },
    { apiGroups: [group], resources: ['rollouts/finalizers'], verbs: ['update'] },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: [...read, 'create', 'patch', 'delete'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: [...read, 'patch'] },
    { apiGroups: [''], resources: ['podtemplates'], verbs: [...read] },
    { apiGroups: [''], resources: ['pods', 'services'], verbs: [...read] },
    { apiGroups: [''], resources: ['pods'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: [''], resources: ['services'], verbs: ['create', 'patch', 'delete'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: [...read] },
    { apiGroups: ['keda.sh'], resources: ['scaledobjects'], verbs: [...read] },
    // Measurements of the provider job: they run in the namespace of their AnalysisRun and end with it.
    { apiGroups: ['batch'], resources: ['jobs'], verbs: [...read, 'create', 'delete'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: [group], resources: ['analysisruns/finalizers'], verbs: ['update'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: [...read] },
    // Which target groups of AWS belong to a Service; asked with --aws-verify-target-group only.
    { apiGroups: ['elbv2.k8s.aws'], resources: ['targetgroupbindings'], verbs: ['list'] },
    ...routeRules(),
    { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [tenantAccount], verbs: ['create'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  ];
}

/** Kinds of one group and one set of verbs make one rule. */
function routeRules(): readonly Rule[] {
  const rules = new Map<string, { apiGroups: string[]; resources: string[]; verbs: string[] }>();
  for (const { group, plural, writes } of routeKinds) {
    const id = `${group} ${writes.join()}`;
    const rule = rules.get(id) ?? { apiGroups: [group], resources: [], verbs: [...read, ...writes] };
    rule.resources.push(plural);
    rules.set(id, rule);
  }
  return [...rules.values()];
}

/** Rights in the namespace of the controller itself. */
export function leaseRules(): readonly Rule[] {
  return [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'patch'] }];
}
