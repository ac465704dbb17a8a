/** Builders for tests of mesh routers: a Rollout with a router, plans, and a small store that takes a router's writes. */

import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import { keys } from '../../../crds/schema/keys.ts';
import type { Rollout } from '../../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject } from '../../../kube/api.ts';
import { groupOf } from '../../../kube/ref.ts';
import type { Destination, Found, ManagedRoute, Refusal, RouteWrite, WeightPlan } from '../router.ts';

export const meshKeys = keys(tidegateDialect);
export const hashLabel = meshKeys.podTemplateHash;

/** Rollout team/shop with the Services shop-stable and shop-canary and this router. */
export function aMeshRollout(trafficRouting: JsonObject): Rollout {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop', namespace: 'team', uid: 'rollout-uid' },
    spec: { strategy: { canary: { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting } } },
  } as unknown as Rollout;
}

export interface PlanGiven {
  readonly stableHash?: string;
  readonly canaryHash?: string;
  readonly extras?: readonly Pick<Destination, 'service' | 'weight' | 'podHash'>[];
  readonly managed?: readonly ManagedRoute[];
}

/** A plan of 100 that gives the canary this weight. */
export function aPlan(canary: number, given: PlanGiven = {}): WeightPlan {
  const { stableHash, canaryHash, extras = [], managed } = given;
  const extra = extras.reduce((sum, one) => sum + one.weight, 0);
  return {
    total: 100,
    destinations: [
      {
        service: 'shop-stable',
        role: 'stable',
        weight: 100 - canary - extra,
        ...(stableHash === undefined ? {} : { podHash: stableHash }),
      },
      {
        service: 'shop-canary',
        role: 'canary',
        weight: canary,
        ...(canaryHash === undefined ? {} : { podHash: canaryHash }),
      },
      ...extras.map((one) => ({ ...one, role: 'extra' as const })),
    ],
    ...(managed === undefined ? {} : { managed }),
  };
}

export function anObject(apiVersion: string, kind: string, name: string, rest: JsonObject): KubeObject & JsonObject {
  return { apiVersion, kind, metadata: { name, namespace: 'team', generation: 3 }, ...rest } as unknown as KubeObject &
    JsonObject;
}

/** Finds objects by their full key. */
export function holding(...objects: readonly (KubeObject & JsonObject)[]): Found {
  return (key) =>
    objects.find(
      (one) =>
        one.kind === key.kind &&
        groupOf(one.apiVersion) === key.group &&
        one.metadata.name === key.name &&
        one.metadata.namespace === key.namespace,
    );
}

/** The objects after these writes, as the API server would have them. */
export function written(
  objects: readonly (KubeObject & JsonObject)[],
  writes: readonly RouteWrite[] | Refusal,
): readonly (KubeObject & JsonObject)[] {
  if ('kind' in writes) throw new Error(writes.message);
  return writes.reduce<readonly (KubeObject & JsonObject)[]>((all, write) => {
    switch (write.kind) {
      case 'create':
        return [...all, write.object];
      case 'delete':
        return all.filter((one) => one !== write.object);
      case 'patch':
        return all.map((one) => (one === write.object ? (merged(one, write.patch) as KubeObject & JsonObject) : one));
    }
  }, objects);
}

/** RFC 7396. */
function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const next: Record<string, JsonObject[string]> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const old = next[name];
    if (value === null) delete next[name];
    else if (isObject(value)) next[name] = merged(isObject(old) ? old : {}, value);
    else next[name] = value;
  }
  return next;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
