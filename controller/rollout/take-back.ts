/**
 * What a RolloutRun keeps of its Rollout so that traffic can be given back when the Rollout is deleted in the middle of the release:
 * the run has no owner and outlives it. Pure.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutRun, TakeBack } from '../../crds/schema/rollout-run.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import { desiredReplicas, maxTrafficWeight } from '../../crds/schema/defaults.ts';
import type { KubeObject } from '../../kube/api.ts';
import type { Found, RouteWrite, TrafficRouter, WeightPlan } from '../traffic/router.ts';
import { nextWeight, weightPlan } from './traffic-plan.ts';

/** For the spec of a run. */
export function takeBackOf(rollout: Rollout): TakeBack {
  const { trafficRouting, canaryService, stableService, pingPong } = { ...rollout.spec.strategy?.canary };
  const base = { apiVersion: rollout.apiVersion, replicas: desiredReplicas(rollout) };
  if (trafficRouting === undefined) return base;
  const turn = rollout.status?.canary?.stablePingPong;
  const canary = { trafficRouting, canaryService, stableService, pingPong };
  const known = Object.fromEntries(Object.entries(canary).filter(([, value]) => value !== undefined));
  return {
    ...base,
    canary: known as NonNullable<TakeBack['canary']>,
    ...(turn === undefined ? {} : { stablePingPong: turn }),
  };
}

/** The Rollout as far as routers ask for it; undefined for a run of an earlier version, which kept nothing. */
export function rolloutOf(run: RolloutRun & KubeObject): Rollout | undefined {
  const { takeBack, rollout, podHash, stablePodHash } = run.spec;
  if (takeBack === undefined) return undefined;
  const { apiVersion, replicas, canary = {}, stablePingPong } = takeBack as TakeBack;
  const turn = stablePingPong === undefined ? {} : { canary: { stablePingPong } };
  return {
    apiVersion,
    kind: 'Rollout',
    metadata: { name: rollout.name, namespace: run.metadata.namespace ?? '', uid: rollout.uid },
    spec: { replicas, strategy: { canary } },
    status: { currentPodHash: podHash, ...(stablePodHash === undefined ? {} : { stableRS: stablePodHash }), ...turn },
  } as Rollout;
}

export interface Ready {
  /** Ready endpoints of a Service. */
  readonly endpoints: (service: string) => number;
}

/** `settled`: nothing of it is left to be written. `wait`: stable can't carry it yet. */
export type TakeBackMove =
  | { readonly kind: 'settled' }
  | { readonly kind: 'write'; readonly writes: readonly RouteWrite[] }
  | { readonly kind: 'wait'; readonly why: string };

/**
 * One step of the weight back to stable, by the rule of every abort: as fast as stable has ready endpoints, at once when nobody
 * else can answer. Objects that are gone are not made again.
 */
export function takeBackMove(
  run: RolloutRun,
  rollout: Rollout,
  router: TrafficRouter,
  found: Found,
  ready: Ready,
): TakeBackMove {
  const services = servicesOf(rollout);
  const total = maxTrafficWeight(rollout);
  const [stableReady = 0, canaryReady = 0] = [services.stable, services.canary].map((name) =>
    name ? ready.endpoints(name) : 0,
  );
  const isDeserted = stableReady === 0 && canaryReady === 0;
  const writesTo = (canary: number, scope?: 'lower' | 'all') => {
    const plan = planOf(run, rollout, weightPlan(services.stable ?? '', services.canary ?? '', canary, total));
    const writes = router.plan(rollout, plan, found, scope);
    return 'kind' in writes ? writes : writes.filter(({ kind }) => kind !== 'create');
  };
  const back = writesTo(0);
  const move = nextWeight({
    state: router.read(rollout, found),
    canConfirm: router.can.has('confirm'),
    differs: !('kind' in back) && back.length > 0,
    wanted: 0,
    total,
    replicas: isDeserted ? 0 : desiredReplicas(rollout),
    canaryNeeds: 0,
    canaryReady,
    stableReady,
  });
  switch (move.kind) {
    case 'settled':
    case 'unconfirmed':
    case 'unreadable':
      return { kind: 'settled' };
    case 'write': {
      const writes = writesTo(move.canary, move.scope);
      if ('kind' in writes) return { kind: 'wait', why: writes.message };
      return writes.length === 0 ? { kind: 'settled' } : { kind: 'write', writes };
    }
    case 'stable-not-ready':
    case 'canary-not-ready':
    case 'nobody-ready':
      return { kind: 'wait', why: `the stable Service has ${move.ready} ready endpoints of ${move.needed}` };
  }
}

/** With the revision behind each Service, and without header and mirror routes. */
function planOf({ spec }: RolloutRun, { spec: { strategy } }: Rollout, plan: WeightPlan): WeightPlan {
  const hashed = plan.destinations.map((one) => {
    const podHash = one.role === 'stable' ? spec.stablePodHash : spec.podHash;
    return podHash === undefined ? one : { ...one, podHash };
  });
  const isManaged = strategy?.canary?.trafficRouting?.managedRoutes !== undefined;
  return { ...plan, destinations: hashed, ...(isManaged ? { managed: [] } : {}) };
}
