/** Whether an object has become what its spec says: the rules of kstatus for the kinds that people ship beside a Rollout. Pure. */

import type { Json } from '../../kube/api.ts';
import { listAt, type Manifest, numberAt, textAt, valueAt } from './objects.ts';

/** `failed` will not get better by itself; `progressing` may. `why` is a clause without the object's name. */
export type Health =
  | { readonly kind: 'current' }
  | { readonly kind: 'progressing'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

const current: Health = { kind: 'current' };

/** Health of a live object other than a Rollout. A kind without conditions is current once its controller saw its generation. */
export function healthOf(object: Manifest): Health {
  if (object.metadata.deletionTimestamp !== undefined) return { kind: 'progressing', why: 'is being deleted' };
  const seen = numberAt(object, ['status', 'observedGeneration']);
  if (seen !== undefined && object.metadata.generation !== undefined && seen < object.metadata.generation) {
    return { kind: 'progressing', why: `is not yet seen by its controller (generation ${object.metadata.generation})` };
  }
  return generic(object) ?? byKind(object);
}

function generic(object: Manifest): Health | undefined {
  const stalled = condition(object, 'Stalled');
  if (stalled?.status === 'True') return { kind: 'failed', why: `is stalled: ${stalled.message}` };
  const reconciling = condition(object, 'Reconciling');
  if (reconciling?.status === 'True') return { kind: 'progressing', why: `is reconciling: ${reconciling.message}` };
  return undefined;
}

function byKind(object: Manifest): Health {
  switch (object.kind) {
    case 'Deployment':
      return deployment(object);
    case 'StatefulSet':
      return replicas(object, 'updatedReplicas', 'readyReplicas');
    case 'DaemonSet':
      return daemonSet(object);
    case 'ReplicaSet':
      return replicas(object, 'replicas', 'availableReplicas');
    case 'Job':
      return job(object);
    case 'Pod':
      return pod(object);
    case 'Namespace':
      return textAt(object, ['status', 'phase']) === 'Terminating'
        ? { kind: 'progressing', why: 'is being deleted' }
        : current;
    case 'CustomResourceDefinition':
      return established(object);
    default:
      return byReadyCondition(object);
  }
}

function deployment(object: Manifest): Health {
  const progressing = condition(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return { kind: 'failed', why: `is stuck: ${progressing.message}` };
  if (numberAt(object, ['status', 'observedGeneration']) === undefined) {
    return { kind: 'progressing', why: 'is not yet seen by its controller' };
  }
  const wanted = numberAt(object, ['spec', 'replicas']) ?? 1;
  const total = numberAt(object, ['status', 'replicas']) ?? 0;
  const updated = numberAt(object, ['status', 'updatedReplicas']) ?? 0;
  const available = numberAt(object, ['status', 'availableReplicas']) ?? 0;
  if (updated < wanted) return { kind: 'progressing', why: `has ${updated} of ${wanted} updated pods` };
  if (total > updated) return { kind: 'progressing', why: `still has ${total - updated} old pods` };
  if (available < updated) return { kind: 'progressing', why: `has ${available} of ${updated} available pods` };
  return current;
}

function replicas(object: Manifest, updatedField: string, readyField: string): Health {
  const wanted = numberAt(object, ['spec', 'replicas']) ?? 1;
  for (const field of [updatedField, readyField]) {
    const count = numberAt(object, ['status', field]) ?? 0;
    if (count < wanted) return { kind: 'progressing', why: `has ${count} of ${wanted} in status.${field}` };
  }
  return current;
}

function daemonSet(object: Manifest): Health {
  const wanted = numberAt(object, ['status', 'desiredNumberScheduled']);
  if (wanted === undefined) return { kind: 'progressing', why: 'is not yet seen by its controller' };
  for (const field of ['updatedNumberScheduled', 'numberAvailable']) {
    const count = numberAt(object, ['status', field]) ?? 0;
    if (count < wanted) return { kind: 'progressing', why: `has ${count} of ${wanted} in status.${field}` };
  }
  return current;
}

/** A Job of the set is a step that the Rollouts wait for, such as a migration: current once complete. */
function job(object: Manifest): Health {
  const failed = condition(object, 'Failed');
  if (failed?.status === 'True') return { kind: 'failed', why: `failed: ${failed.message}` };
  if (condition(object, 'Complete')?.status === 'True' || valueAt(object, ['spec', 'suspend']) === true) return current;
  return { kind: 'progressing', why: 'has not completed' };
}

function pod(object: Manifest): Health {
  const phase = textAt(object, ['status', 'phase']);
  if (phase === 'Succeeded') return current;
  if (phase === 'Failed') return { kind: 'failed', why: 'failed' };
  return condition(object, 'Ready')?.status === 'True' ? current : { kind: 'progressing', why: 'is not ready' };
}

function established(object: Manifest): Health {
  const accepted = condition(object, 'NamesAccepted');
  if (accepted?.status === 'False') return { kind: 'failed', why: `has a name that is taken: ${accepted.message}` };
  return condition(object, 'Established')?.status === 'True'
    ? current
    : { kind: 'progressing', why: 'is not established' };
}

function byReadyCondition(object: Manifest): Health {
  const ready = condition(object, 'Ready');
  return ready === undefined || ready.status === 'True'
    ? current
    : { kind: 'progressing', why: `is not ready: ${ready.message || ready.reason || ready.status}` };
}

interface FoundCondition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function condition(object: Manifest, type: string): FoundCondition | undefined {
  const found = listAt(object, ['status', 'conditions']).find((one: Json) => textAt(one, ['type']) === type);
  if (found === undefined) return undefined;
  return {
    status: textAt(found, ['status']) ?? '',
    reason: textAt(found, ['reason']) ?? '',
    message: textAt(found, ['message']) ?? '',
  };
}
