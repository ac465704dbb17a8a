/**
 * antiAffinity: pods of a new revision are kept off the nodes of the stable one, preferably or always (argo-rollouts.md
 * 1.2, 1.3). Put into a new ReplicaSet's template only, so the pod template hash does not know of it.
 */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Scene } from './scene.ts';

/** `replicaSet` with the rule added to those of its template; as it is without one, or before anything is stable. */
export function withAntiAffinity(scene: Scene, replicaSet: JsonObject): JsonObject {
  const { antiAffinity } = scene.blueGreen ?? scene.canary;
  const { stableHash, currentHash } = scene;
  if (antiAffinity === undefined || stableHash === undefined || stableHash === currentHash) return replicaSet;
  const term: JsonObject = {
    labelSelector: {
      matchExpressions: [{ key: scene.observed.keys.podTemplateHash, operator: 'In', values: [stableHash] }],
    },
    topologyKey: 'kubernetes.io/hostname',
  };
  const preferred = antiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  const rule: readonly [string, Json] =
    preferred === undefined
      ? ['requiredDuringSchedulingIgnoredDuringExecution', term]
      : ['preferredDuringSchedulingIgnoredDuringExecution', { weight: preferred.weight, podAffinityTerm: term }];
  return appended(replicaSet, ['spec', 'template', 'spec', 'affinity', 'podAntiAffinity'], rule);
}

/** A copy in which the list under `path` and the rule's name has the rule at its end. */
function appended(object: JsonObject, path: readonly string[], rule: readonly [string, Json]): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) {
    const [list, item] = rule;
    const known = object[list];
    return { ...object, [list]: [...(Array.isArray(known) ? known : []), item] };
  }
  const next = object[name];
  return { ...object, [name]: appended(isJsonObject(next) ? next : {}, rest, rule) };
}
