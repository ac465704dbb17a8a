/** Writes around an adopted workload that are no decision of the lifecycle: keeping away while it changes hands, and labels of pods. */

import { deploymentHashLabel, ownKeys, podTemplateHashLabel } from '../../crds/schema/keys.ts';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import type { ReconcileResult } from '../decision.ts';
import { hullUid } from './adopted.ts';
import type { Observed, ReplicaSetView, RolloutObject } from './observed.ts';
import { refTo } from './scene.ts';

/**
 * While ReplicaSets change hands nothing is done. Who asked for that gets an answer: no pass is under way any more, and the
 * stamps of leaders are off what the Rollout may leave behind. `family`: objects that may carry one.
 */
export async function keepAway(
  client: KubeClient,
  object: RolloutObject,
  family: () => readonly KubeObject[],
): Promise<ReconcileResult | undefined> {
  const state = object.metadata.annotations?.[ownKeys.adopting];
  if (state === undefined) return undefined;
  if (state !== 'asked') return { kind: 'done' };
  const { uid, resourceVersion, ...key } = refTo(object);
  const retry = { kind: 'retry', why: 'the hold was not answered', afterMs: 100 } as const;
  const stamped = family().filter(({ metadata }) => metadata.annotations?.[ownKeys.term] !== undefined);
  for (const one of stamped) {
    if (one.metadata.uid === uid) continue;
    const { uid: ownUid, resourceVersion: _version, ...place } = refTo(one);
    const off = { metadata: { annotations: { [ownKeys.term]: null } } };
    const answer = await client.merge(place, off, { uid: ownUid, fieldManager: 'tidegate' });
    if (answer.kind !== 'ok' && answer.kind !== 'not-found') return retry;
  }
  const patch = { metadata: { annotations: { [ownKeys.adopting]: 'held' } } };
  const answer = await client.merge(key, patch, { uid, resourceVersion, fieldManager: 'tidegate' });
  return answer.kind === 'ok' ? { kind: 'done' } : retry;
}

/**
 * Pods of adopted ReplicaSets are made without the label by which pods are watched, since their templates stay as they are.
 * So they get it as soon as there are more pods than labelled ones.
 */
export async function labelAdoptedPods(
  client: KubeClient,
  observed: Observed,
  wrote: (object: KubeObject) => void,
): Promise<ReconcileResult | undefined> {
  if (hullUid(observed.rollout) === undefined) return undefined;
  let count = 0;
  for (const set of observed.replicaSets) count += await labelPodsOf(client, observed, set, wrote);
  return count === 0 ? undefined : { kind: 'retry', why: 'pods of an adopted workload were labelled', afterMs: 20 };
}

async function labelPodsOf(
  client: KubeClient,
  { pods, rollout }: Observed,
  set: ReplicaSetView,
  wrote: (object: KubeObject) => void,
): Promise<number> {
  const known = pods.filter((pod) => pod.podHash === set.podHash).length;
  if (known >= set.status.replicas) return 0;
  const { namespace } = rollout.metadata;
  const labelSelector = `${deploymentHashLabel}=${set.podHash},!${podTemplateHashLabel}`;
  const found = await client.list({ group: '', kind: 'Pod' }, { namespace, labelSelector });
  if (found.kind !== 'ok') return 0;
  let count = 0;
  for (const pod of found.items) {
    if (!pod.metadata.ownerReferences?.some((one) => one.uid === set.metadata.uid)) continue;
    const { uid, ...key } = refTo(pod);
    const patch = { metadata: { labels: { [podTemplateHashLabel]: set.podHash } } };
    const answer = await client.merge(key, patch, { uid, fieldManager: 'tidegate' });
    if (answer.kind !== 'ok') continue;
    wrote(answer.object);
    count += 1;
  }
  return count;
}
