/** What the server says it serves: group lists, resource lists, and all at once as kubectl asks for it. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { byTextOf } from './json-access.ts';
import type { ServedKind, Subresource } from './served-kind.ts';
import { apiVersionOf } from './served-kind.ts';

/** Kinds that can only be posted and are answered, not stored. */
export interface ReviewKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface Catalogue {
  readonly kinds: readonly ServedKind[];
  readonly reviews: readonly ReviewKind[];
}

interface GroupVersions {
  readonly group: string;
  readonly versions: readonly string[];
}

/** In the order of a real server; groups of custom resources come last. */
const groupOrder = [
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'policy',
  'rbac.authorization.k8s.io',
  'apiextensions.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
];

export function groupsOf({ kinds, reviews }: Catalogue): readonly GroupVersions[] {
  const found = new Map<string, Set<string>>();
  for (const { group, version } of [...kinds, ...reviews]) {
    if (group !== '') found.set(group, (found.get(group) ?? new Set()).add(version));
  }
  const place = (group: string): number =>
    (groupOrder.indexOf(group) + groupOrder.length + 1) % (groupOrder.length + 1);
  const custom = (group: string): boolean => !groupOrder.includes(group);
  return [...found]
    .map(([group, versions]) => ({ group, versions: [...versions] }))
    .toSorted((left, right) => {
      if (custom(left.group) !== custom(right.group)) return custom(left.group) ? 1 : -1;
      if (custom(left.group)) return left.group < right.group ? -1 : 1;
      return place(left.group) - place(right.group);
    });
}

export function coreVersions(): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

export function groupList(catalogue: Catalogue): JsonObject {
  const groups = groupsOf(catalogue).map(groupEntry);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

export function groupObject(group: GroupVersions): JsonObject {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) };
}

function groupEntry({ group, versions }: GroupVersions): JsonObject {
  const entries = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** `/api/v1` and `/apis/<group>/<version>`. */
export function resourceList(catalogue: Catalogue, group: string, version: string): JsonObject {
  const kinds = catalogue.kinds.filter((kind) => kind.group === group && kind.version === version);
  const reviews = catalogue.reviews.filter((review) => review.group === group && review.version === version);
  const resources = [...kinds.flatMap(resourceEntries), ...reviews.map(reviewEntry)];
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: resources.toSorted(byTextOf('name')),
  };
}

function resourceEntries(kind: ServedKind): readonly JsonObject[] {
  return [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    },
    ...kind.subresources.map((subresource) => ({
      name: `${kind.plural}/${subresource.name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...(subresource.group === '' ? {} : { group: subresource.group, version: subresource.version }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    })),
  ];
}

function reviewEntry({ plural, kind, namespaced }: ReviewKind): JsonObject {
  return { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: ['create'] };
}

/** APIGroupDiscoveryList for `/api` (core) or `/apis` (all others). */
export function aggregatedDiscovery(catalogue: Catalogue, core: boolean): JsonObject {
  const groups = core ? [{ group: '', versions: ['v1'] }] : groupsOf(catalogue);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((version) => versionEntry(catalogue, group, version)),
    })),
  };
}

function versionEntry(catalogue: Catalogue, group: string, version: string): JsonObject {
  const kinds = catalogue.kinds.filter((kind) => kind.group === group && kind.version === version);
  const reviews = catalogue.reviews.filter((review) => review.group === group && review.version === version);
  const resources = [...kinds.map(discovered), ...reviews.map(discoveredReview)];
  return {
    version,
    resources: resources.toSorted(byTextOf('resource')),
    freshness: 'Current',
  };
}

function discovered(kind: ServedKind): JsonObject {
  return {
    resource: kind.plural,
    responseKind: responseKind(kind, '', '', kind.kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.subresources.length === 0 ? {} : { subresources: kind.subresources.map((one) => subresource(kind, one)) }),
  };
}

function subresource(kind: ServedKind, one: Subresource): JsonObject {
  return {
    subresource: one.name,
    responseKind: responseKind(kind, one.group, one.version, one.kind),
    verbs: one.verbs,
  };
}

/** Custom resources name their group, builtin kinds leave it to the reader. */
function responseKind(of: ServedKind, group: string, version: string, kind: string): JsonObject {
  if (group === '' && of.schema.custom) return { group: of.group, version: of.version, kind };
  return { group, version, kind };
}

function discoveredReview({ plural, kind, namespaced }: ReviewKind): JsonObject {
  return {
    resource: plural,
    responseKind: { group: '', version: '', kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  };
}
