/**
 * Kinds that every supported server (1.30 and later) serves in one known version, and our own: they need no discovery
 * request. All others are asked for.
 */

import type { ServedKind } from './api.ts';

interface KnownGroup {
  readonly group: string;
  readonly version: string;
  /** kind: [plural, scope, subresources] */
  readonly kinds: Readonly<Record<string, readonly [plural: string, scope: 'ns' | 'cluster', ...sub: string[]]>>;
}

const knownGroups: readonly KnownGroup[] = [
  {
    group: '',
    version: 'v1',
    kinds: {
      ConfigMap: ['configmaps', 'ns'],
      Event: ['events', 'ns'],
      Namespace: ['namespaces', 'cluster', 'status', 'finalize'],
      Node: ['nodes', 'cluster', 'status'],
      PersistentVolumeClaim: ['persistentvolumeclaims', 'ns', 'status'],
      Pod: ['pods', 'ns', 'status', 'binding', 'eviction', 'log'],
      Secret: ['secrets', 'ns'],
      Service: ['services', 'ns', 'status'],
      ServiceAccount: ['serviceaccounts', 'ns', 'token'],
    },
  },
  {
    group: 'apps',
    version: 'v1',
    kinds: {
      DaemonSet: ['daemonsets', 'ns', 'status'],
      Deployment: ['deployments', 'ns', 'status', 'scale'],
      ReplicaSet: ['replicasets', 'ns', 'status', 'scale'],
      StatefulSet: ['statefulsets', 'ns', 'status', 'scale'],
    },
  },
  { group: 'batch', version: 'v1', kinds: { Job: ['jobs', 'ns', 'status'], CronJob: ['cronjobs', 'ns', 'status'] } },
  { group: 'discovery.k8s.io', version: 'v1', kinds: { EndpointSlice: ['endpointslices', 'ns'] } },
  { group: 'events.k8s.io', version: 'v1', kinds: { Event: ['events', 'ns'] } },
  { group: 'coordination.k8s.io', version: 'v1', kinds: { Lease: ['leases', 'ns'] } },
  {
    group: 'autoscaling',
    version: 'v2',
    kinds: { HorizontalPodAutoscaler: ['horizontalpodautoscalers', 'ns', 'status'] },
  },
  { group: 'policy', version: 'v1', kinds: { PodDisruptionBudget: ['poddisruptionbudgets', 'ns', 'status'] } },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    kinds: { Ingress: ['ingresses', 'ns', 'status'], NetworkPolicy: ['networkpolicies', 'ns'] },
  },
  {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kinds: {
      Role: ['roles', 'ns'],
      RoleBinding: ['rolebindings', 'ns'],
      ClusterRole: ['clusterroles', 'cluster'],
      ClusterRoleBinding: ['clusterrolebindings', 'cluster'],
    },
  },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kinds: { CustomResourceDefinition: ['customresourcedefinitions', 'cluster', 'status'] },
  },
  { group: 'authentication.k8s.io', version: 'v1', kinds: { TokenReview: ['tokenreviews', 'cluster'] } },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    kinds: {
      SubjectAccessReview: ['subjectaccessreviews', 'cluster'],
      SelfSubjectAccessReview: ['selfsubjectaccessreviews', 'cluster'],
    },
  },
];

const known: ReadonlyMap<string, ServedKind> = new Map(
  knownGroups.flatMap(({ group, version, kinds }) =>
    Object.entries(kinds).map(([kind, [plural, scope, ...subresources]]): [string, ServedKind] => [
      `${group}/${kind}`,
      { group, kind, version, plural, namespaced: scope === 'ns', subresources: new Set(subresources) },
    ]),
  ),
);

/** Undefined when only the server can say; also for another version than the one known here. */
export function knownKind(group: string, kind: string, version?: string): ServedKind | undefined {
  const found = known.get(`${group}/${kind}`);
  return version === undefined || found?.version === version ? found : undefined;
}
