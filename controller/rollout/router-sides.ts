/**
 * Sides of a Rollout that an object of the router stands for instead of a Service, such as a subset of Istio: they are switched
 * by the same rules. Nobody makes EndpointSlices for them, so ready pods of the ReplicaSets count as endpoints.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { Side } from '../traffic/router.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves } from './moves.ts';
import type { PodView, ReplicaSetView, ServiceState, TrafficState } from './observed.ts';
import { isPodOf, refTo, type Scene } from './scene.ts';

export interface SideQuestion {
  readonly rollout: Rollout;
  readonly traffic: TrafficState | undefined;
  readonly replicaSets: readonly ReplicaSetView[];
  readonly pods: readonly PodView[];
}

/** Undefined where a Service stands for the side, or nothing does. */
export function sideState({ rollout, traffic, replicaSets, pods }: SideQuestion, side: Side): ServiceState | undefined {
  const found = traffic?.router.side?.(rollout, side, traffic.found);
  if (found === undefined) return undefined;
  const { object, text, podHash } = found;
  const { apiVersion, kind, metadata } = object;
  const counted = replicaSets.filter((set) => podHash === undefined || set.podHash === podHash);
  const ready = counted.map((set) => [set.podHash, readyPods(set, pods)] as const).filter(([, count]) => count > 0);
  return {
    view: { apiVersion, kind, metadata, selector: {} },
    routed: { side, text },
    podHash,
    readyByHash: Object.fromEntries(ready),
  };
}

function readyPods(set: ReplicaSetView, pods: readonly PodView[]): number {
  return pods.filter((pod) => pod.ready && !pod.leaving && isPodOf(pod, set)).length;
}

/** Gives a side that the router stands for to a revision. */
export function selectBySide(scene: Scene, service: ServiceState, podHash: string): Moves {
  const { traffic, rollout } = scene.observed;
  const { routed } = service;
  const write = routed && traffic?.router.select?.(rollout, routed.side, podHash, traffic.found);
  if (routed === undefined || write?.kind !== 'patch') return noMoves;
  const from = service.podHash === undefined ? 'all pods' : service.podHash;
  const message = `Moved ${routed.text} from ${from} to ${podHash}`;
  const tells = [fact(scene.now, 'UpdatedDestinationRule', message)];
  return effects({ kind: 'Patch', target: refTo(write.object), patch: write.patch, tells });
}

/** `Kind/name` of what stands for a side. */
export function sideName({ observed }: Scene, side: Side): string {
  const state = side === 'stable' ? observed.stableService : observed.canaryService;
  if (state !== undefined) return `${state.view.kind}/${state.view.metadata.name}`;
  return `Service/${servicesOf(observed.rollout)[side] ?? ''}`;
}

/** The same as part of a sentence: `the canary Service`, or the subset. */
export function sideText({ observed }: Scene, side: Side): string {
  const state = side === 'stable' ? observed.stableService : observed.canaryService;
  return state?.routed?.text ?? `the ${side} Service`;
}
