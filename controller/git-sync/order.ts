/** In which order the objects of a set are applied, and in which stage: everything else first, Rollouts, then the config that others read. Pure. */

import { type Manifest, objectId } from './objects.ts';

/** `base` must be applied and healthy before `rollouts`; `after` waits until all Rollouts are promoted. */
export type Stage = 'base' | 'rollouts' | 'after';

const kindsInOrder = [
  'CustomResourceDefinition',
  'Namespace',
  'PriorityClass',
  'StorageClass',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'ClusterRole',
  'Role',
  'ClusterRoleBinding',
  'RoleBinding',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Secret',
  'ConfigMap',
  'Service',
] as const;
const ranks: ReadonlyMap<string, number> = new Map(kindsInOrder.map((kind, index) => [kind, index]));
const webhooks = new Set(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']);
const ordinary = kindsInOrder.length;

function rank(object: Manifest): number {
  if (object.kind === 'Rollout') return ordinary + 2;
  if (webhooks.has(object.kind)) return ordinary + 1;
  return ranks.get(object.kind) ?? ordinary;
}

/** What others stand on comes first, admission webhooks late, Rollouts last; within a rank by kind and name. Stable. */
export function inApplyOrder(objects: readonly Manifest[]): readonly Manifest[] {
  const sortKey = (object: Manifest): string => `${object.kind}/${objectId(object)}`;
  return objects.toSorted((a, b) => rank(a) - rank(b) || compareText(sortKey(a), sortKey(b)));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Stage of an object. A plain ConfigMap or Secret whose copies the Rollouts read changes last; one that does not exist yet
 * is made at once, since nobody reads an old version of it.
 */
export function stageOf(object: Manifest, exists: boolean, deferred: ReadonlySet<string>): Stage {
  if (object.kind === 'Rollout') return 'rollouts';
  return exists && deferred.has(objectId(object)) ? 'after' : 'base';
}
