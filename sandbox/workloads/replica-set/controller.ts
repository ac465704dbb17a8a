/**
 * The ReplicaSet controller: which changes make it look at which ReplicaSet.
 */

import { selectorMatches } from '../../../crds/schema/label-selector.ts';
import { queueKey } from '../../../kube/ref.ts';
import { type ControllerLoop, controllerLoop } from '../controller-loop.ts';
import type { Room } from '../room.ts';
import { controllerRef, type PodView } from '../views.ts';
import { reconcileReplicaSet } from './reconcile.ts';

export function replicaSetController(room: Room): ControllerLoop {
  const { replicaSets, pods } = room.caches;
  const loop = controllerLoop({ name: 'ReplicaSet', ...room, reconcile: (key) => reconcileReplicaSet(room, key) });
  replicaSets.store.onChange(({ kind, object }) => {
    if (kind === 'deleted') room.writes.forget(object.metadata.uid ?? '');
    else loop.add(queueKey(object.metadata));
  });
  pods.store.onChange(({ object, old }) => {
    for (const key of new Set([...ownersOf(room, object), ...(old === undefined ? [] : ownersOf(room, old))]))
      loop.add(key);
  });
  return loop;
}

/** The controlling ReplicaSet; for an orphan all that could adopt it. */
function ownersOf(room: Room, pod: PodView): readonly string[] {
  const ref = controllerRef(pod);
  const { namespace = '' } = pod.metadata;
  if (ref !== undefined) return ref.kind === 'ReplicaSet' ? [queueKey({ namespace, name: ref.name })] : [];
  return room.caches.replicaSets.store
    .list(namespace)
    .filter((set) => selectorMatches(set.selector, pod.metadata.labels ?? {}))
    .map((set) => queueKey(set.metadata));
}
