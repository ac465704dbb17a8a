/** The observed world sorted by role: which ReplicaSet is current, stable or neither, and what stands behind the Services. */

import type { BlueGreenStrategy } from '../../crds/schema/blue-green.ts';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import {
  abortDrainMs as abortDelayMs,
  desiredReplicas,
  maxTrafficWeight,
  promotionDrainMs,
} from '../../crds/schema/defaults.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Instant, KubeObject, Ref } from '../../kube/api.ts';
import { keyOf } from '../../kube/ref.ts';
import type { Steps } from './canary-steps.ts';
import { stateOf } from './lifecycle-status.ts';
import type { LifecycleState } from './machine.ts';
import type { Destination } from '../traffic/router.ts';
import type { Observed, PodView, ReplicaSetView, ServiceState } from './observed.ts';

export interface Scene {
  readonly observed: Observed;
  readonly now: Instant;
  readonly status: RolloutStatus;
  readonly state: LifecycleState;
  readonly canary: CanaryStrategy;
  /** Set when this is the strategy: then the stable Service is the active one, and the canary Service the preview one. */
  readonly blueGreen?: BlueGreenStrategy;
  readonly steps: Steps;
  readonly stepIndex: number;
  /** spec.replicas. */
  readonly replicas: number;
  /** What weights sum to. */
  readonly total: number;
  readonly routed: boolean;
  /** Services that get weight besides the two, such as those of a running experiment. */
  readonly extras: readonly Destination[];
  readonly currentHash: string;
  readonly stableHash: string | undefined;
  readonly current: ReplicaSetView | undefined;
  readonly stable: ReplicaSetView | undefined;
  /** Neither current nor stable. */
  readonly others: readonly ReplicaSetView[];
}

export function sceneOf(observed: Observed, status: RolloutStatus): Scene {
  const { canary = {}, blueGreen } = observed.rollout.spec.strategy;
  const steps = canary.steps ?? [];
  const currentHash = status.currentPodHash ?? observed.podHash;
  const find = (hash: string | undefined) => observed.replicaSets.find((set) => set.podHash === hash);
  return {
    observed,
    now: observed.now,
    status,
    state: stateOf(status),
    canary,
    ...(blueGreen === undefined ? {} : { blueGreen }),
    steps,
    stepIndex: Math.min(Math.max(status.currentStepIndex ?? 0, 0), steps.length),
    replicas: desiredReplicas(observed.rollout),
    total: maxTrafficWeight(observed.rollout),
    routed: observed.traffic !== undefined,
    extras: observed.extras ?? [],
    currentHash,
    stableHash: status.stableRS === '' ? undefined : status.stableRS,
    current: find(currentHash),
    stable: find(status.stableRS),
    others: observed.replicaSets.filter((set) => set.podHash !== currentHash && set.podHash !== status.stableRS),
  };
}

export function setOf(scene: Scene, podHash: string | undefined): ReplicaSetView | undefined {
  return scene.observed.replicaSets.find((set) => set.podHash === podHash);
}

/** Available pods, never more than are asked for: the ReplicaSet's status may lag behind its spec. */
export function available(set: ReplicaSetView | undefined): number {
  return set === undefined ? 0 : Math.min(set.status.available, set.replicas);
}

/** True when it has exactly `replicas` pods asked for and all of them are available. */
export function isWhole(set: ReplicaSetView | undefined, replicas: number): boolean {
  return set !== undefined && set.replicas === replicas && available(set) >= replicas;
}

export function readyBehind(service: ServiceState | undefined, podHash: string | undefined): number {
  return podHash === undefined ? 0 : (service?.readyByHash[podHash] ?? 0);
}

export function anyReadyBehind(service: ServiceState | undefined): number {
  return Object.values(service?.readyByHash ?? {}).reduce((sum, count) => sum + count, 0);
}

/** Milliseconds that pods live on after their weight was confirmed to be 0; 0 without a router. */
export function drainMs(scene: Scene): number {
  return promotionDrainMs(scene.observed.rollout, scene.observed.dialect);
}

/** The same after an abort; undefined means that the canary is kept. */
export function abortDrainMs(scene: Scene): number | undefined {
  const ms = abortDelayMs(scene.observed.rollout, scene.observed.dialect);
  return ms === 'keep' ? undefined : ms;
}

/** True while a person holds the rollout: by spec.paused or by the pause command. */
export function isHeld(scene: Scene): boolean {
  return scene.observed.rollout.spec.paused === true || scene.status.manualPauseStartedAt !== undefined;
}

/** A reference that never throws; objects out of a cache always have uid and resourceVersion. */
export function refTo(object: KubeObject): Ref {
  const { uid = '', resourceVersion = '' } = object.metadata;
  return { ...keyOf(object), uid, resourceVersion };
}

export function annotation(object: KubeObject, key: string): string | undefined {
  return object.metadata.annotations?.[key];
}

/** Another Rollout of the namespace may have pods of the same hash, so the owner counts as well where it is known. */
export function isPodOf(pod: PodView, set: ReplicaSetView): boolean {
  const owner = pod.metadata.ownerReferences?.find((one) => one.controller === true);
  return pod.podHash === set.podHash && (owner === undefined || owner.uid === set.metadata.uid);
}
