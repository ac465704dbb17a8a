/**
 * The Job controller: which changes make it look at which Job, and pods whose Job is gone are let go.
 */

import type { ReconcileResult } from '../../../kube/api.ts';
import { queueKey, splitQueueKey } from '../../../kube/ref.ts';
import { type ControllerLoop, controllerLoop, done } from '../controller-loop.ts';
import type { Room } from '../room.ts';
import { controllerRef } from '../views.ts';
import { isTracked } from './outcome.ts';
import { type Failures, reconcileJob, untrack } from './reconcile.ts';

/** Two loops: Jobs, and pods that a Job left behind. */
export function jobControllers(room: Room): readonly ControllerLoop[] {
  const { jobs, pods } = room.caches;
  const failures: Failures = new Map();
  const loop = controllerLoop({ name: 'Job', ...room, reconcile: (key) => reconcileJob(room, failures, key) });
  const orphans = controllerLoop({ name: 'orphaned Job pods', ...room, reconcile: (key) => letGo(room, key) });
  jobs.store.onChange(({ kind, object }) => {
    if (kind !== 'deleted') return loop.add(queueKey(object.metadata));
    failures.delete(object.metadata.uid ?? '');
    room.writes.forget(object.metadata.uid ?? '');
    for (const pod of pods.store.byOwner(object.metadata.uid ?? '')) orphans.add(queueKey(pod.metadata));
  });
  pods.store.onChange(({ object }) => {
    const ref = controllerRef(object);
    const { namespace = '' } = object.metadata;
    if (ref?.kind === 'Job') loop.add(queueKey({ namespace, name: ref.name }));
    if (isTracked(object)) orphans.add(queueKey(object.metadata));
  });
  return [loop, orphans];
}

/** Takes the finalizer off a pod whose Job does not exist any more. */
async function letGo(room: Room, key: string): Promise<ReconcileResult> {
  const { namespace, name } = splitQueueKey(key);
  const pod = room.caches.pods.store.get(namespace, name);
  if (pod === undefined || !isTracked(pod)) return done;
  const ref = controllerRef(pod);
  if (ref?.kind === 'Job') {
    if (room.caches.jobs.store.get(namespace, ref.name)?.metadata.uid === ref.uid) return done;
    const job = await room.client.get({ group: 'batch', kind: 'Job', namespace, name: ref.name });
    if (job.kind !== 'ok' && job.kind !== 'not-found') return { kind: 'retry', why: 'the Job could not be read' };
    if (job.kind === 'ok' && job.object.metadata.uid === ref.uid) return done;
  }
  await untrack(room, { metadata: {} }, pod);
  return done;
}
