/** The builtin kinds that are served, as the discovery of a real 1.36 server lists them. */

import { shelfName } from './builtin-shelves.ts';
import { eventFromStorage, eventToStorage } from './event-versions.ts';
import { type KindRules, plainRules } from './kind-rules.ts';
import { builtinPrinter } from './printing/builtin-printers.ts';
import { configMapRules, secretRules } from './rules/config-rules.ts';
import { definitionRules } from './rules/definition-rules.ts';
import { coreEventRules, newEventRules } from './rules/event-rules.ts';
import { jobRules } from './rules/job-rules.ts';
import { namespaceRules } from './rules/namespace-rules.ts';
import { podRules } from './rules/pod-rules.ts';
import { serviceRules } from './rules/service-rules.ts';
import * as rules from './rules/workload-rules.ts';
import { builtinSchema } from './schema/builtin.ts';
import type { ServedKind, Subresource } from './served-kind.ts';

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readWrite = ['get', 'patch', 'update'];

interface Row {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular?: string;
  readonly cluster?: true;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  /** Names of subresources in the resource's own kind with get, patch and update. */
  readonly own?: readonly string[];
  readonly more?: readonly Subresource[];
  readonly scale?: true;
  readonly rules?: KindRules;
}

const scaleSubresource: Subresource = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: readWrite,
};

function creates(name: string, kind: string, group = '', version = ''): Subresource {
  return { name, group, version, kind, verbs: ['create'] };
}

const all = ['all'];
const apps = 'apps';
const rbac = 'rbac.authorization.k8s.io';

const rows: readonly Row[] = [
  { kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'], rules: configMapRules },
  { kind: 'Event', plural: 'events', shortNames: ['ev'], rules: coreEventRules },
  {
    kind: 'Namespace',
    plural: 'namespaces',
    cluster: true,
    shortNames: ['ns'],
    verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
    own: ['status'],
    more: [{ name: 'finalize', group: '', version: '', kind: 'Namespace', verbs: ['update'] }],
    rules: namespaceRules,
  },
  { kind: 'Node', plural: 'nodes', cluster: true, shortNames: ['no'], own: ['status'], rules: rules.nodeRules },
  {
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    shortNames: ['pvc'],
    own: ['status'],
    rules: rules.claimRules,
  },
  {
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    categories: all,
    own: ['status'],
    more: [
      creates('binding', 'Binding'),
      creates('eviction', 'Eviction', 'policy', 'v1'),
      { name: 'log', group: '', version: '', kind: 'Pod', verbs: ['get'] },
    ],
    rules: podRules,
  },
  { kind: 'Secret', plural: 'secrets', rules: secretRules },
  {
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
    rules: rules.accountRules,
    more: [creates('token', 'TokenRequest', 'authentication.k8s.io', 'v1')],
  },
  { kind: 'Service', plural: 'services', shortNames: ['svc'], categories: all, own: ['status'], rules: serviceRules },
  {
    group: apps,
    kind: 'Deployment',
    plural: 'deployments',
    shortNames: ['deploy'],
    categories: all,
    own: ['status'],
    scale: true,
    rules: rules.deploymentRules,
  },
  {
    group: apps,
    kind: 'ReplicaSet',
    plural: 'replicasets',
    shortNames: ['rs'],
    categories: all,
    own: ['status'],
    scale: true,
    rules: rules.replicaSetRules,
  },
  { group: 'events.k8s.io', kind: 'Event', plural: 'events', shortNames: ['ev'], rules: newEventRules },
  {
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    shortNames: ['hpa'],
    rules: rules.autoscalerRules,
    categories: all,
    own: ['status'],
  },
  { group: 'batch', kind: 'Job', plural: 'jobs', categories: all, own: ['status'], rules: jobRules },
  {
    group: 'policy',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    own: ['status'],
    rules: rules.disruptionBudgetRules,
  },
  { group: rbac, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', cluster: true, rules: rules.rbacRules },
  { group: rbac, kind: 'ClusterRole', plural: 'clusterroles', cluster: true, rules: rules.rbacRules },
  { group: rbac, kind: 'RoleBinding', plural: 'rolebindings', rules: rules.rbacRules },
  { group: rbac, kind: 'Role', plural: 'roles', rules: rules.rbacRules },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    cluster: true,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    own: ['status'],
    rules: definitionRules,
  },
  { group: 'coordination.k8s.io', kind: 'Lease', plural: 'leases', rules: rules.leaseRules },
  { group: 'discovery.k8s.io', kind: 'EndpointSlice', plural: 'endpointslices', rules: rules.contentRules },
];

export function builtinKinds(): readonly ServedKind[] {
  return rows.flatMap((row) => {
    const group = row.group ?? '';
    const version = row.version ?? 'v1';
    const schema = builtinSchema(group, version, row.kind);
    return schema === undefined ? [] : [served(row, group, version, schema)];
  });
}

function served(row: Row, group: string, version: string, schema: ServedKind['schema']): ServedKind {
  const own = (row.own ?? []).map((name) => ({ name, group: '', version: '', kind: row.kind, verbs: readWrite }));
  const subresources = [...own, ...(row.more ?? []), ...(row.scale === true ? [scaleSubresource] : [])];
  const isNewEvent = group === 'events.k8s.io';
  return {
    group,
    version,
    kind: row.kind,
    listKind: `${row.kind}List`,
    plural: row.plural,
    singular: row.singular ?? row.kind.toLowerCase(),
    namespaced: row.cluster !== true,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs ?? allVerbs,
    shelf: shelfName(isNewEvent ? '' : group, row.plural),
    ...(isNewEvent ? { fromStorage: eventFromStorage, toStorage: eventToStorage } : {}),
    schema,
    subresources: subresources.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    hasStatus: (row.own ?? []).includes('status'),
    scale: row.scale === true ? builtinScale : undefined,
    rules: row.rules ?? plainRules,
    printer: builtinPrinter(row.kind),
  };
}

const builtinScale: ServedKind['scale'] = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};
