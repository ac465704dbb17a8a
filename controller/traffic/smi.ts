/**
 * SMI adapter: a TrafficSplit that the Rollout owns, made at the first weight. Backends in the order canary, experiments,
 * stable. Weights are quantities in v1alpha1 and whole numbers in later versions.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import { namespaceOf, plannedSides, routingField, routingOf, sharesOf, type Sides, sidesOf } from './mesh-split.ts';
import { share, refused } from './split.ts';
import { isEqual } from './merge-diff.ts';
import type { Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';

const group = 'split.smi-spec.io';
const quantityVersion = `${group}/v1alpha1`;

interface Backend {
  readonly service: string;
  readonly weight?: number | string;
}

interface TrafficSplit extends KubeObject {
  readonly spec?: { readonly service?: string; readonly backends?: readonly Backend[] };
}

/** The router for clusters in which new TrafficSplits are made in this version, e.g. `v1alpha2`. */
export function smiOf(version: string): TrafficRouter {
  return {
    name: 'SMI',
    can: new Set(['weight', 'extra']),
    needs: (rollout) => splitKey(rollout),
    read,
    plan: (rollout, wanted, found, scope) => plan({ rollout, wanted, scope, version: `${group}/${version}` }, found),
    // The Rollout owns the object whole: Git has none of it.
    claims: () => [],
  };
}

/** Argo's default version. */
export const smi: TrafficRouter = smiOf('v1alpha1');

function splitKey(rollout: Rollout): readonly ObjectKey[] {
  const named = routingOf(rollout)?.smi;
  if (named === undefined) return [];
  const name = named.trafficSplitName || rollout.metadata.name;
  return [{ group, kind: 'TrafficSplit', namespace: namespaceOf(rollout), name }];
}

/** Without a TrafficSplit clients reach the root Service as it is: nothing goes to the canary by weight. */
function read(rollout: Rollout, found: Found): RouteState {
  const [key] = splitKey(rollout);
  const object = key && found(key);
  const sides = sidesOf(rollout);
  if (object === undefined)
    return { written: planOf([{ service: sides.stable, weight: 100 }], sides), confirmed: 'unknown' };
  return { written: planOf((object as TrafficSplit).spec?.backends ?? [], sides), confirmed: 'unknown' };
}

function planOf(backends: readonly Backend[], sides: Sides): WeightPlan {
  const weightOf = (service: string) => amount(backends.find((one) => one.service === service)?.weight);
  const others = backends.filter((one) => one.service !== sides.stable && one.service !== sides.canary);
  const destinations = [
    { service: sides.stable, role: 'stable' as const, weight: weightOf(sides.stable) },
    { service: sides.canary, role: 'canary' as const, weight: weightOf(sides.canary) },
    ...others.map((one) => ({ service: one.service, role: 'extra' as const, weight: amount(one.weight) })),
  ];
  return { total: destinations.reduce((sum, one) => sum + one.weight, 0), destinations };
}

const suffixes: Readonly<Record<string, number>> = { m: 0.001, '': 1, k: 1000 };

/** A weight as a number: v1alpha1 writes quantities such as "5" or "500m". */
function amount(weight: number | string | undefined): number {
  if (typeof weight === 'number') return weight;
  const [, digits, exponent, suffix] = /^(\d+(?:\.\d+)?)(?:[eE](\d+)|(m|k)?)$/.exec(weight ?? '') ?? [];
  if (digits === undefined) return 0;
  return Number(digits) * 10 ** Number(exponent ?? 0) * (suffixes[suffix ?? ''] ?? 1);
}

interface Question {
  readonly rollout: Rollout;
  readonly wanted: WeightPlan;
  readonly scope: PlanScope | undefined;
  /** apiVersion of a TrafficSplit that is made now. */
  readonly version: string;
}

function plan({ rollout, wanted, scope, version }: Question, found: Found): readonly RouteWrite[] | Refusal {
  const [key] = splitKey(rollout);
  if (key === undefined) return [];
  const object = found(key);
  const isLow = share(read(rollout, found).written ?? wanted) < share(wanted);
  if (object === undefined) {
    const made = newSplit(rollout, key, version, wantedSpec(rollout, wanted, version));
    return scope === 'lower' && isLow ? [] : [{ kind: 'create', object: made }];
  }
  if (!isOwner(rollout, object))
    return refused(
      `${routingField}.smi.trafficSplitName`,
      `TrafficSplit/${key.name} exists and does not belong to Rollout/${rollout.metadata.name}; allowed is only one that this Rollout made, so delete it or choose another trafficSplitName`,
    );
  if (scope === 'lower' && isLow) return [];
  const next = wantedSpec(rollout, wanted, object.apiVersion);
  const { service, backends = [] } = (object as TrafficSplit).spec ?? {};
  if (isEqual(comparable(service, backends), comparable(next.service, next.backends))) return [];
  return [{ kind: 'patch', object, patch: { spec: next as unknown as JsonObject } }];
}

function comparable(service: string | undefined, backends: readonly Backend[]): JsonObject {
  return { service, backends: backends.map((one) => ({ ...one, weight: amount(one.weight) })) };
}

function wantedSpec(rollout: Rollout, wanted: WeightPlan, version: string) {
  const sides = plannedSides(rollout, wanted);
  const shares = sharesOf(wanted);
  const weight = (value: number) => (version === quantityVersion ? String(value) : value);
  return {
    service: routingOf(rollout)?.smi?.rootService || sides.stable,
    backends: [
      { service: sides.canary, weight: weight(shares.canary) },
      ...shares.extras.map((one) => ({ service: one.service, weight: weight(one.weight) })),
      { service: sides.stable, weight: weight(shares.stable) },
    ],
  };
}

function isOwner(rollout: Rollout, object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((one) => one.controller && one.uid === rollout.metadata.uid);
}

function newSplit(rollout: Rollout, key: ObjectKey, apiVersion: string, spec: object): KubeObject & JsonObject {
  const owner = {
    apiVersion: rollout.apiVersion,
    kind: 'Rollout',
    name: rollout.metadata.name,
    uid: rollout.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
  const metadata = { name: key.name, namespace: key.namespace, ownerReferences: [owner] };
  return { apiVersion, kind: 'TrafficSplit', metadata, spec } as unknown as KubeObject & JsonObject;
}
