/**
 * Keeps the status of PodDisruptionBudgets, which decides about evictions.
 */

import { isEmptySelector, selectorMatches } from '../../../crds/schema/label-selector.ts';
import type { ReconcileResult } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { numberOf } from '../../../kube/json.ts';
import { keyOf, queueKey, splitQueueKey } from '../../../kube/ref.ts';
import { retryOf } from '../answers.ts';
import { type ControllerLoop, controllerLoop, done } from '../controller-loop.ts';
import { isSameStatus } from '../replica-set/status.ts';
import type { Room } from '../room.ts';
import { controllerRef, objectOf, type PodView, selectorOf } from '../views.ts';
import { budgetStatus, counts } from './status.ts';

export function disruptionController(room: Room): ControllerLoop {
  const { budgets, pods, replicaSets } = room.caches;
  const loop = controllerLoop({ name: 'PodDisruptionBudget', ...room, reconcile: (key) => reconcile(room, key) });
  budgets.store.onChange(({ kind, object }) => {
    if (kind !== 'deleted') loop.add(queueKey(object.metadata));
  });
  const addAll = (namespace: string): void => {
    for (const budget of budgets.store.list(namespace)) loop.add(queueKey(budget.metadata));
  };
  pods.store.onChange(({ object }) => addAll(object.metadata.namespace ?? ''));
  replicaSets.store.onChange(({ object, old }) => {
    if (object.replicas !== old?.replicas) addAll(object.metadata.namespace ?? '');
  });
  return loop;
}

async function reconcile(room: Room, key: string): Promise<ReconcileResult> {
  const { namespace, name } = splitQueueKey(key);
  const budget = room.caches.budgets.store.get(namespace, name);
  if (budget === undefined) return done;
  const pods = podsOf(room, budget).filter(counts);
  const status = budgetStatus(budget, { pods, wanted: wantedBy(room, pods), nowMs: room.clock.now() });
  if (isSameStatus(objectOf(budget, 'status'), status)) return done;
  // Against an eviction granted meanwhile: it must not be forgotten.
  const { resourceVersion = '', uid = '' } = budget.metadata;
  const written = await room.client.merge(keyOf(budget), { status }, { subresource: 'status', resourceVersion, uid });
  return retryOf(written) ?? done;
}

function podsOf(room: Room, budget: RawObject): readonly PodView[] {
  const selector = selectorOf(budget);
  const all = room.caches.pods.store.list(budget.metadata.namespace ?? '');
  return isEmptySelector(selector) ? all : all.filter((pod) => selectorMatches(selector, pod.metadata.labels ?? {}));
}

/** The wanted pods of every controller that has one of these: Deployments, ReplicaSets of others, Jobs are not counted. */
function wantedBy(room: Room, pods: readonly PodView[]): number {
  const sizes = new Map<string, number>();
  for (const pod of pods) {
    const ref = controllerRef(pod);
    const { namespace = '' } = pod.metadata;
    const set = ref?.kind === 'ReplicaSet' ? room.caches.replicaSets.store.get(namespace, ref.name) : undefined;
    if (set === undefined) continue;
    const above = controllerRef(set);
    const deployment =
      above?.kind === 'Deployment' ? room.caches.deployments.store.get(namespace, above.name) : undefined;
    if (deployment === undefined) sizes.set(set.metadata.uid ?? '', set.replicas);
    else sizes.set(deployment.metadata.uid ?? '', numberOf(deployment, 'spec', 'replicas') ?? 1);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
