/**
 * Keeps as many pods as a ReplicaSet asks for: claims, makes and deletes pods, and writes the status.
 */

import type { ReconcileResult } from '../../../kube/api.ts';
import { isKubeObject } from '../../../kube/json.ts';
import { keyOf, splitQueueKey } from '../../../kube/ref.ts';
import { retryOf, wordsOf } from '../answers.ts';
import { orphans, seenBy } from '../caches.ts';
import { claim } from '../claim.ts';
import { done, soon } from '../controller-loop.ts';
import { podFromTemplate } from '../pod-from-template.ts';
import type { Room } from '../room.ts';
import { controllerRef, isActive, isTerminal, type PodView, type ReplicaSetView } from '../views.ts';
import { inScaleDownOrder } from './scale-down-order.ts';
import { type Failure, isSameStatus, nextAvailableAt, type ReplicaSetPods, replicaSetStatus } from './status.ts';

/** Pods made or deleted in one go at most. */
const burst = 500;

export async function reconcileReplicaSet(room: Room, key: string): Promise<ReconcileResult> {
  const { namespace, name } = splitQueueKey(key);
  const set = room.caches.replicaSets.store.get(namespace, name);
  const uid = set?.metadata.uid;
  if (set === undefined || uid === undefined) return done;
  const readiness = room.writes.ready(uid, seenBy(room.caches));
  if (readiness.kind === 'wait') return soon(room.clock, readiness.forMs);
  if (readiness.kind === 'read-live') room.writes.forget(uid);
  const pods = await podsOf(room, set);
  const nowMs = room.clock.now();
  const failure =
    set.metadata.deletionTimestamp === undefined ? await resize(room, set, pods.active, nowMs) : undefined;
  // The counts are those from before: the pods just made or deleted are seen when the cache has them.
  const status = replicaSetStatus(set, pods, failure, nowMs);
  if (!isSameStatus(set.status, status)) {
    const written = await room.client.merge(keyOf(set), { status }, { subresource: 'status', uid });
    const retry = retryOf(written);
    if (retry !== undefined) return retry;
  }
  if (failure !== undefined) return { kind: 'retry', why: failure.message };
  const lookAgainAt = nextAvailableAt(set, pods.active, nowMs);
  return lookAgainAt === undefined ? done : { kind: 'done', lookAgainAt };
}

async function podsOf(room: Room, set: ReplicaSetView): Promise<ReplicaSetPods> {
  const { store } = room.caches.pods;
  const { namespace = '', uid = '' } = set.metadata;
  const own = store.byOwner(uid).filter((pod) => controllerRef(pod)?.uid === uid);
  const active = await claim(room, set, set.selector, [...own, ...store.byIndex(orphans, namespace)].filter(isActive));
  return { active, terminating: own.filter((pod) => !isTerminal(pod) && !isActive(pod)) };
}

async function resize(room: Room, set: ReplicaSetView, active: readonly PodView[], nowMs: number): Promise<Failure> {
  const missing = set.replicas - active.length;
  if (missing > 0) return makePods(room, set, Math.min(missing, burst));
  if (missing < 0) return deletePods(room, set, inScaleDownOrder(active, nowMs).slice(0, Math.min(-missing, burst)));
  return undefined;
}

/** One pod first, then twice as many each time, so that a template that is refused is refused once and not 500 times. */
async function makePods(room: Room, set: ReplicaSetView, count: number): Promise<Failure> {
  let made = 0;
  for (let batch = 1; made < count; batch *= 2) {
    const size = Math.min(batch, count - made);
    const failures = await Promise.all(Array.from({ length: size }, () => makePod(room, set)));
    const failure = failures.find((one) => one !== undefined);
    if (failure !== undefined) return failure;
    made += size;
  }
  return undefined;
}

async function makePod(room: Room, set: ReplicaSetView): Promise<Failure> {
  const result = await room.client.create(podFromTemplate(set, set.template));
  if (result.kind === 'ok') {
    room.writes.wrote(set.metadata.uid ?? '', result.object);
    room.tell(set, 'Normal', 'SuccessfulCreate', `Created pod: ${result.object.metadata.name}`);
    return undefined;
  }
  const message = wordsOf(result);
  room.tell(set, 'Warning', 'FailedCreate', `Error creating: ${message}`);
  return { reason: 'FailedCreate', message };
}

async function deletePods(room: Room, set: ReplicaSetView, pods: readonly PodView[]): Promise<Failure> {
  const failures = await Promise.all(pods.map((pod) => deletePod(room, set, pod)));
  return failures.find((one) => one !== undefined);
}

async function deletePod(room: Room, set: ReplicaSetView, pod: PodView): Promise<Failure> {
  const { uid, name } = pod.metadata;
  const result = await room.client.delete(keyOf(pod), uid === undefined ? {} : { uid });
  if (result.kind === 'not-found' || result.kind === 'conflict') return undefined;
  if (result.kind === 'ok') {
    if (isKubeObject(result.object)) room.writes.wrote(set.metadata.uid ?? '', result.object);
    room.tell(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    return undefined;
  }
  const message = `unable to delete pods: ${wordsOf(result)}`;
  room.tell(set, 'Warning', 'FailedDelete', `Error deleting: ${wordsOf(result)}`);
  return { reason: 'FailedDelete', message };
}
