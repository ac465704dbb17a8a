/** The rights in the end-to-end tests: the controller with exactly those that the product asks for, the tenant with an account of its own. */

import { controllerRules, leaseRules, type Rule, tenantAccount } from '../../controller/rbac.ts';
import type { BedObject } from '../bed/api.ts';

const rbac = 'rbac.authorization.k8s.io';

/** Namespace, account and rights of the controller. */
export function controllerObjects(): BedObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tidegate' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tidegate', namespace: 'tidegate' } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'tidegate' },
      rules: controllerRules('tidegate.io'),
    },
    bound(
      'ClusterRoleBinding',
      'tidegate',
      undefined,
      { kind: 'ClusterRole', name: 'tidegate' },
      { name: 'tidegate', namespace: 'tidegate' },
    ),
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'tidegate-lease', namespace: 'tidegate' },
      rules: leaseRules(),
    },
    bound(
      'RoleBinding',
      'tidegate-lease',
      'tidegate',
      { kind: 'Role', name: 'tidegate-lease' },
      { name: 'tidegate', namespace: 'tidegate' },
    ),
  ];
}

/** A second account with the same rights, so that the audit log tells two controllers apart. */
export function secondController(): BedObject[] {
  const name = 'tidegate-b';
  const account = { name, namespace: 'tidegate' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
    bound('ClusterRoleBinding', name, undefined, { kind: 'ClusterRole', name: 'tidegate' }, account),
    bound('RoleBinding', name, 'tidegate', { kind: 'Role', name: 'tidegate-lease' }, account),
  ];
}

/** What a team's account needs to apply its application. */
export const tenantRules: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps', 'services', 'secrets'], verbs: ['*'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['*'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['*'] },
  { apiGroups: ['tidegate.io'], resources: ['rollouts', 'analysistemplates'], verbs: ['*'] },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['*'] },
];

/** A tenant's namespace with its account and the Secret to its repositories. */
export function tenantObjects(namespace: string, token: string, rules: readonly Rule[] = tenantRules): BedObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: tenantAccount, namespace } },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name: 'deployer', namespace }, rules },
    bound('RoleBinding', 'deployer', namespace, { kind: 'Role', name: 'deployer' }, { name: tenantAccount, namespace }),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'git-access', namespace }, stringData: { token } },
  ];
}

export interface SyncOptions {
  readonly name: string;
  readonly namespace: string;
  readonly repository: string;
  readonly path: string;
  readonly alsoPaths?: readonly string[];
  readonly mode?: 'push' | 'report';
  readonly bake?: string;
}

export function gitSync(options: SyncOptions): BedObject {
  const { name, namespace, repository, path, alsoPaths, mode = 'push', bake } = options;
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitSync',
    metadata: { name, namespace },
    spec: {
      repository,
      branch: 'main',
      path,
      ...(alsoPaths === undefined ? {} : { alsoPaths }),
      interval: '1s',
      serviceAccountName: tenantAccount,
      credentials: { secretName: 'git-access' },
      ...(bake === undefined ? {} : { bake }),
      revert: { mode, writeCredentials: { secretName: 'git-access' } },
    },
  };
}

function bound(
  kind: string,
  name: string,
  namespace: string | undefined,
  role: { kind: string; name: string },
  account: { name: string; namespace: string },
): BedObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: rbac, ...role },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
}
