/** What an administrator installs for the demo: the controller's account and rights, the tenant's namespace, its GitSync. Pure. */

import { controllerRules, leaseRules, type Rule, tenantAccount } from '../../../controller/rbac.ts';
import { appFolder, appNamespace } from '../shop-files.ts';

export const controllerNamespace = 'tidegate';
export const controllerAccount = 'tidegate';
export const syncName = 'shop';
const rbac = 'rbac.authorization.k8s.io';

export interface DemoObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** In the order in which they are applied: namespaces first. */
export function installedObjects(): readonly DemoObject[] {
  return [
    namespace(controllerNamespace),
    account(controllerAccount, controllerNamespace),
    ...clusterRole(controllerAccount, controllerRules('tidegate.io'), controllerNamespace),
    ...role('tidegate-lease', controllerNamespace, leaseRules(), controllerAccount),
    namespace(appNamespace),
    account(tenantAccount, appNamespace),
    ...role('deployer', appNamespace, deployerRules, tenantAccount),
  ];
}

/** What the shop's account needs to apply the shop. */
const deployerRules: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps', 'services'], verbs: ['*'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['*'] },
  { apiGroups: ['tidegate.io'], resources: ['rollouts', 'analysistemplates'], verbs: ['*'] },
];

export function gitSync(repository: string, branch: string, intervalSeconds: number): DemoObject {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitSync',
    metadata: { name: syncName, namespace: appNamespace },
    spec: {
      repository,
      branch,
      path: appFolder,
      interval: `${intervalSeconds}s`,
      bake: '2s',
      serviceAccountName: tenantAccount,
      revert: { mode: 'push' },
    },
  };
}

function namespace(name: string): DemoObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function account(name: string, inNamespace: string): DemoObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: inNamespace } };
}

function clusterRole(name: string, rules: readonly Rule[], ofNamespace: string): readonly DemoObject[] {
  return [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: ofNamespace }],
    },
  ];
}

function role(name: string, inNamespace: string, rules: readonly Rule[], subject: string): readonly DemoObject[] {
  const metadata = { name, namespace: inNamespace };
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: subject, namespace: inNamespace }],
    },
  ];
}
