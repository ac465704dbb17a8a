/** Traefik adapter: weights of the Services in a weighted TraefikService that the user made and that routes refer to. */

import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { Claim, Found, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';
import {
  jsonList,
  missing,
  pairOf,
  refused,
  servicePair,
  type ServicePair,
  stateOf,
  twoWayPlan,
  unreadable,
  weightFor,
} from './split.ts';

const field = 'spec.strategy.canary.trafficRouting.traefik.weightedTraefikServiceName';

export const traefik: TrafficRouter = {
  name: 'Traefik',
  can: new Set(['weight']),
  needs: (rollout) => (serviceName(rollout) ? [serviceKey(rollout)] : []),
  read: readWeights,
  plan: planWeights,
  claims: claimWeights,
};

interface WeightedService {
  readonly name: string;
  readonly kind?: string;
  readonly weight?: number;
}

/** The server validated the object against the CRD, so only presence is in question here, not types. */
interface TraefikService extends KubeObject {
  readonly spec?: { readonly weighted?: { readonly services?: readonly WeightedService[] } };
}

function serviceName(rollout: Rollout): string {
  return rollout.spec.strategy?.canary?.trafficRouting?.traefik?.weightedTraefikServiceName ?? '';
}

function serviceKey(rollout: Rollout): ObjectKey {
  const { namespace = '' } = rollout.metadata;
  return { group: 'traefik.io', kind: 'TraefikService', namespace, name: serviceName(rollout) };
}

function servicesIn(object: KubeObject & JsonObject): readonly WeightedService[] {
  return (object as TraefikService).spec?.weighted?.services ?? [];
}

/** Position of a Service among the entries; -1 when it is not there. A nested TraefikService may have the same name. */
function positionOf(services: readonly WeightedService[], name: string): number {
  return services.findIndex((one) => one.name === name && (one.kind ?? 'Service') === 'Service');
}

/** Traefik takes an absent weight as 1. */
function weightOf(service: WeightedService | undefined): number {
  return service?.weight ?? 1;
}

function readWeights(rollout: Rollout, found: Found): RouteState {
  const object = found(serviceKey(rollout));
  const where = `TraefikService/${serviceName(rollout)}`;
  if (!object) return unreadable(`${where} does not exist`);
  const pair = servicePair(rollout);
  const services = servicesIn(object);
  const [stable, canary] = [positionOf(services, pair.stable), positionOf(services, pair.canary)];
  if (stable < 0 || canary < 0) return unreadable(`${where} does not name both Services`);
  const plan = twoWayPlan(pair, weightOf(services[stable]), weightOf(services[canary]));
  return stateOf([{ where, plan }], pair, { confirmed: 'unknown' });
}

function planWeights(rollout: Rollout, wanted: WeightPlan, found: Found): readonly RouteWrite[] | Refusal {
  const key = serviceKey(rollout);
  const object = found(key);
  if (!object) return missing(key, field);
  const pair = pairOf(rollout, wanted);
  const services = servicesIn(object);
  const refusal = refusalOf(services, key.name, pair);
  if (refusal) return refusal;
  const [stable, canary] = [positionOf(services, pair.stable), positionOf(services, pair.canary)];
  const weights = new Map([
    [stable, weightFor(wanted, 'stable')],
    [canary, weightFor(wanted, 'canary')],
  ]);
  if (services.every((one, index) => !weights.has(index) || one.weight === weights.get(index))) return [];
  const next = services.map((one, index) => ({
    ...one,
    ...(weights.has(index) ? { weight: weights.get(index) } : {}),
  }));
  return [{ kind: 'patch', object, patch: { spec: { weighted: { services: jsonList(next) } } } }];
}

function refusalOf(services: readonly WeightedService[], name: string, pair: ServicePair): Refusal | undefined {
  const absent = [pair.stable, pair.canary].find((one) => positionOf(services, one) < 0);
  if (absent !== undefined)
    return refused(
      field,
      `spec.weighted.services of TraefikService/${name} does not name Service/${absent}; add both Service/${pair.stable} and Service/${pair.canary}, the canary with weight 0`,
    );
  const own = [positionOf(services, pair.stable), positionOf(services, pair.canary)];
  const other = services.find((one, index) => !own.includes(index) && weightOf(one) > 0);
  return (
    other &&
    refused(
      field,
      `spec.weighted.services of TraefikService/${name} gives weight to ${other.name}; allowed are only Service/${pair.stable} and Service/${pair.canary}, so move it to a TraefikService of its own`,
    )
  );
}

function claimWeights(rollout: Rollout, found: Found): readonly Claim[] {
  const key = serviceKey(rollout);
  const object = serviceName(rollout) ? found(key) : undefined;
  if (!object) return [];
  const pair = servicePair(rollout);
  const services = servicesIn(object);
  const positions = [pair.stable, pair.canary].map((name) => positionOf(services, name)).filter((at) => at >= 0);
  return [{ object: key, pointers: positions.map((at) => `/spec/weighted/services/${at}/weight`) }];
}
