/** A small world for router tests: a Rollout, the objects that exist, and what they are after a router's writes. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Rollout } from '../../../crds/schema/rollout.ts';
import type { KubeObject, ObjectKey } from '../../../kube/api.ts';
import { groupOf } from '../../../kube/ref.ts';
import type { Found, Refusal, RouteWrite, WeightPlan } from '../router.ts';

export type LiveObject = KubeObject & JsonObject;

/** Objects in tests are written as plain literals. */
export function live(object: JsonObject): LiveObject {
  return object as unknown as LiveObject;
}

/** Rollout `shop` of namespace `team` with Services shop-stable and shop-canary; `canary` goes over these. */
export function aRollout(
  trafficRouting: JsonObject,
  canary: JsonObject = {},
  apiVersion = 'argoproj.io/v1alpha1',
): Rollout {
  return {
    apiVersion,
    kind: 'Rollout',
    metadata: { name: 'shop', namespace: 'team', uid: 'u-shop' },
    spec: {
      strategy: {
        canary: { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting, ...canary },
      },
    },
  } as unknown as Rollout;
}

/** The reference of that Rollout as controlling owner. */
export const ownerOfShop = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  name: 'shop',
  uid: 'u-shop',
  controller: true,
  blockOwnerDeletion: true,
};

export function wanted(canary: number, total = 100, more: Partial<WeightPlan> = {}): WeightPlan {
  return {
    total,
    destinations: [
      { service: 'shop-stable', role: 'stable', weight: total - canary },
      { service: 'shop-canary', role: 'canary', weight: canary },
    ],
    ...more,
  };
}

/** Finds by the whole key. */
export function holding(objects: readonly LiveObject[]): Found {
  return (key: ObjectKey) => objects.find((object) => isAt(object, key));
}

function isAt(object: KubeObject, key: ObjectKey): boolean {
  const { name, namespace } = object.metadata;
  return (
    groupOf(object.apiVersion) === key.group &&
    object.kind === key.kind &&
    name === key.name &&
    namespace === key.namespace
  );
}

/** The objects after the writes, as an API server would store them. @throws Error for a refusal. */
export function written(
  objects: readonly LiveObject[],
  answer: readonly RouteWrite[] | Refusal,
): readonly LiveObject[] {
  if ('kind' in answer) throw new Error(answer.message);
  return answer.reduce<readonly LiveObject[]>((before, write) => {
    switch (write.kind) {
      case 'create':
        return [...before, write.object];
      case 'delete':
        return before.filter((one) => one.metadata.name !== write.object.metadata.name);
      case 'patch':
        return before.map((one) =>
          one.metadata.name === write.object.metadata.name ? live(merged(one, write.patch)) : one,
        );
    }
  }, objects);
}

/** JSON merge patch (RFC 7386). */
export function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const before = target[key];
    if (value === null) delete result[key];
    else result[key] = isJsonObject(value) ? merged(isJsonObject(before) ? before : {}, value) : value;
  }
  return result;
}
