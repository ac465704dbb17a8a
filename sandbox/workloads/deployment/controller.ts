/**
 * The Deployment controller: which changes make it look at which Deployment.
 */

import { selectorMatches } from '../../../crds/schema/label-selector.ts';
import type { KubeObject } from '../../../kube/api.ts';
import { queueKey } from '../../../kube/ref.ts';
import { type ControllerLoop, controllerLoop } from '../controller-loop.ts';
import type { Room } from '../room.ts';
import { controllerRef, selectorOf } from '../views.ts';
import { reconcileDeployment } from './reconcile.ts';

export function deploymentController(room: Room): ControllerLoop {
  const { deployments, replicaSets, pods } = room.caches;
  const loop = controllerLoop({ name: 'Deployment', ...room, reconcile: (key) => reconcileDeployment(room, key) });
  deployments.store.onChange(({ kind, object }) => {
    if (kind === 'deleted') room.writes.forget(object.metadata.uid ?? '');
    else loop.add(queueKey(object.metadata));
  });
  replicaSets.store.onChange(({ object, old }) => {
    for (const key of new Set([...ownersOf(room, object), ...(old === undefined ? [] : ownersOf(room, old))]))
      loop.add(key);
  });
  // Recreate waits for the last old pod.
  pods.store.onChange(({ kind, object }) => {
    const ref = controllerRef(object);
    if (kind !== 'deleted' || ref?.kind !== 'ReplicaSet') return;
    const set = replicaSets.store.get(object.metadata.namespace ?? '', ref.name);
    if (set !== undefined) for (const key of ownersOf(room, set)) loop.add(key);
  });
  return loop;
}

function ownersOf(room: Room, set: KubeObject): readonly string[] {
  const ref = controllerRef(set);
  const { namespace = '' } = set.metadata;
  if (ref !== undefined) return ref.kind === 'Deployment' ? [queueKey({ namespace, name: ref.name })] : [];
  return room.caches.deployments.store
    .list(namespace)
    .filter((one) => selectorMatches(selectorOf(one), set.metadata.labels ?? {}))
    .map((one) => queueKey(one.metadata));
}
