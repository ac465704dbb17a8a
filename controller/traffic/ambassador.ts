/**
 * Ambassador (Emissary) adapter: beside each Mapping a copy for the canary Service that carries the weight. It is made with
 * the first weight and deleted at 0, since a Mapping that is gone gets no traffic.
 */

import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { KubeObject, ObjectKey } from '../../kube/api.ts';
import { controllerOf } from '../../kube/ref.ts';
import { mergeDiff } from './merge-diff.ts';
import type { Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';
import {
  isOwnedBy,
  missing,
  pairOf,
  type Reading,
  refused,
  servicePair,
  type ServicePair,
  share,
  stateOf,
  staysLower,
  twoWayPlan,
  unreadable,
} from './split.ts';

const field = 'spec.strategy.canary.trafficRouting.ambassador';

export const ambassador: TrafficRouter = {
  name: 'Ambassador',
  can: new Set(['weight']),
  needs: (rollout) =>
    mappings(rollout).flatMap((name) => [mappingKey(rollout, name), mappingKey(rollout, canaryMappingName(name))]),
  read: readWeights,
  plan: planWeights,
  // The copy is made here and stands in no manifest; the user's Mapping is never written.
  claims: () => [],
};

type LiveMapping = KubeObject & JsonObject;

function mappings(rollout: Rollout): readonly string[] {
  return rollout.spec.strategy?.canary?.trafficRouting?.ambassador?.mappings ?? [];
}

function mappingKey(rollout: Rollout, name: string): ObjectKey {
  return { group: 'getambassador.io', kind: 'Mapping', namespace: rollout.metadata.namespace ?? '', name };
}

/** Argo's name: the Mapping's, cut so that `-canary` fits into 253 characters. */
export function canaryMappingName(mapping: string): string {
  return `${mapping.slice(0, 246)}-canary`;
}

function specOf(mapping: LiveMapping): JsonObject {
  return isJsonObject(mapping['spec']) ? mapping['spec'] : {};
}

function readWeights(rollout: Rollout, found: Found): RouteState {
  const pair = servicePair(rollout);
  const readings: Reading[] = [];
  for (const name of mappings(rollout)) {
    const canary = found(mappingKey(rollout, canaryMappingName(name)));
    const hasStable = found(mappingKey(rollout, name)) !== undefined;
    if (!hasStable && !canary) return unreadable(`Mapping/${name} does not exist`);
    readings.push(readCanary(name, canary, hasStable, pair));
  }
  return stateOf(readings, pair, { confirmed: 'unknown' });
}

/** A copy that lost its weight, or the Mapping beside it, may get any share. */
function readCanary(
  stableName: string,
  canary: LiveMapping | undefined,
  hasStable: boolean,
  pair: ServicePair,
): Reading {
  const where = `Mapping/${canaryMappingName(stableName)}`;
  if (!canary) return { where, plan: twoWayPlan(pair, 100, 0) };
  const weight = specOf(canary)['weight'];
  if (!hasStable) return { where, why: `Mapping/${stableName} does not exist while ${where} does` };
  if (typeof weight !== 'number' || weight < 0 || weight > 100)
    return { where, why: `spec.weight of ${where} was changed to something else` };
  return { where, plan: twoWayPlan(pair, 100 - weight, weight) };
}

function planWeights(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const writes: RouteWrite[] = [];
  for (const [index, name] of mappings(rollout).entries()) {
    const target = { name, field: `${field}.mappings[${index}]` };
    const answer = planMapping(rollout, wanted, target, found, scope);
    if ('kind' in answer) return answer;
    writes.push(...answer);
  }
  return writes;
}

interface Target {
  readonly name: string;
  readonly field: string;
}

function planMapping(
  rollout: Rollout,
  wanted: WeightPlan,
  target: Target,
  found: Found,
  scope: PlanScope,
): readonly RouteWrite[] | Refusal {
  const pair = pairOf(rollout, wanted);
  const stableKey = mappingKey(rollout, target.name);
  const stable = found(stableKey);
  const canary = found(mappingKey(rollout, canaryMappingName(target.name)));
  if (canary && !isOurs(canary, rollout, pair)) return foreignCopy(canary, rollout, target);
  const weightPct = Math.round(share(wanted) * 100);
  // The way back must not depend on the user's Mapping: without it the copy would get everything.
  if (canary && weightPct === 0) return [{ kind: 'delete', object: canary }];
  if (!stable) return missing(stableKey, target.field);
  const own = specOf(stable)['weight'];
  if (own !== undefined && own !== null && own !== 0)
    return refused(
      target.field,
      `Mapping/${target.name} has spec.weight ${JSON.stringify(own)}; a Mapping that is split by a Rollout must have none, so remove it`,
    );
  if (!canary && weightPct === 0) return [];
  if (scope === 'lower' && staysLower(readCanary(target.name, canary, true, pair), wanted)) return [];
  const spec = { ...specOf(stable), service: canaryAddress(specOf(stable)['service'], pair), weight: weightPct };
  if (!canary) return [{ kind: 'create', object: canaryMapping(rollout, stable, spec) }];
  const patch = mergeDiff(specOf(canary), spec);
  return patch ? [{ kind: 'patch', object: canary, patch: { spec: patch } }] : [];
}

/** Copies that Argo made have no owner; they are known by their Service. */
function isOurs(canary: LiveMapping, rollout: Rollout, pair: ServicePair): boolean {
  if (isOwnedBy(canary, rollout)) return true;
  const isFree = !canary.metadata.ownerReferences?.some((one) => one.controller === true);
  const service = specOf(canary)['service'];
  return isFree && typeof service === 'string' && hostOf(service).split('.')[0] === pair.canary;
}

function foreignCopy(canary: LiveMapping, rollout: Rollout, target: Target): Refusal {
  return refused(
    target.field,
    `Mapping/${canary.metadata.name} exists already and does not belong to Rollout/${rollout.metadata.name}, which needs a Mapping of that name for the canary; delete or rename it`,
  );
}

const addressPattern = /^(?<scheme>[a-z]+:\/\/)?(?<host>[^:/]*)(?<port>:\d+)?/i;

function hostOf(service: string): string {
  return addressPattern.exec(service)?.groups?.['host'] ?? '';
}

/** The canary Service with the port of the Mapping, as in Argo; also with its scheme, without which TLS would be lost. */
function canaryAddress(service: unknown, pair: ServicePair): string {
  const parts = typeof service === 'string' ? addressPattern.exec(service)?.groups : undefined;
  return `${parts?.['scheme'] ?? ''}${pair.canary}${parts?.['port'] ?? ''}`;
}

function canaryMapping(rollout: Rollout, stable: LiveMapping, spec: JsonObject): LiveMapping {
  const name = canaryMappingName(stable.metadata.name);
  const { namespace = '' } = rollout.metadata;
  const object = {
    apiVersion: stable.apiVersion,
    kind: 'Mapping',
    metadata: { name, namespace, ownerReferences: [controllerOf(rollout as KubeObject)] },
    spec,
  };
  return object as unknown as LiveMapping;
}
