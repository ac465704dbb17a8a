/**
 * The status of a ReplicaSet out of its pods, as a 1.36 server shows it. Pure.
 */

import type { Json, JsonObject } from '../../../kube/api.ts';
import { isAvailable, objectsIn, type PodView, type ReplicaSetView, textsOf, timeText } from '../views.ts';

export interface ReplicaSetPods {
  readonly active: readonly PodView[];
  /** Being deleted and not ended yet. */
  readonly terminating: readonly PodView[];
}

/** Why pods could not be made or deleted, in the API server's words. */
export type Failure = { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string } | undefined;

/** A merge patch for the status: counts of zero are left out of the object, save `replicas` and `terminatingReplicas`. */
export function replicaSetStatus(
  set: ReplicaSetView,
  pods: ReplicaSetPods,
  failure: Failure,
  nowMs: number,
): JsonObject {
  const labels = Object.entries(textsOf(set.template, 'metadata', 'labels'));
  const labelled = pods.active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value));
  return {
    replicas: pods.active.length,
    fullyLabeledReplicas: orNull(labelled.length),
    readyReplicas: orNull(pods.active.filter((pod) => pod.ready).length),
    availableReplicas: orNull(pods.active.filter((pod) => isAvailable(pod, set.minReadySeconds, nowMs)).length),
    terminatingReplicas: pods.terminating.length,
    observedGeneration: set.metadata.generation ?? 0,
    conditions: conditionsOf(set, failure, nowMs),
  };
}

/** Whether the patch would leave the status as it is. */
export function isSameStatus(status: JsonObject, patch: JsonObject): boolean {
  return Object.entries(patch).every(([field, value]) => textWithoutNulls(value) === textWithoutNulls(status[field]));
}

/** Null in a patch takes a field away, so it is the same as none. */
function textWithoutNulls(value: Json | undefined): string | undefined {
  return value === null ? undefined : JSON.stringify(value, (_key, part: unknown) => part ?? undefined);
}

function orNull(count: number): Json {
  return count === 0 ? null : count;
}

/** A failure that lasts keeps its first words and time. */
function conditionsOf(set: ReplicaSetView, failure: Failure, nowMs: number): Json {
  const all = objectsIn(set.status, 'conditions');
  const others = all.filter((one) => one.type !== 'ReplicaFailure');
  const known = all.find((one) => one.type === 'ReplicaFailure');
  if (failure === undefined) return others.length === 0 ? null : others;
  const condition = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timeText(nowMs), ...failure };
  return [...others, known ?? condition];
}

/** When the next ready pod becomes available, epoch ms. */
export function nextAvailableAt(set: ReplicaSetView, active: readonly PodView[], nowMs: number): number | undefined {
  if (set.minReadySeconds === 0) return undefined;
  const times = active
    .filter((pod) => pod.ready && !isAvailable(pod, set.minReadySeconds, nowMs))
    .map((pod) => (pod.readySince ?? nowMs) + set.minReadySeconds * 1000);
  return times.length === 0 ? undefined : Math.min(...times);
}
