/** The event of a Rollout that is gone, which Argo Rollouts sends (argo-rollouts.md 2.13); in argoproj.io only. */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import { groupOf } from '../../kube/ref.ts';
import { fact } from './facts.ts';
import type { RolloutReconcilerOptions } from './options.ts';

export interface TellDeletedOptions extends Pick<RolloutReconcilerOptions, 'events' | 'clock' | 'dialect' | 'log'> {
  readonly client: Pick<KubeClient, 'get'>;
}

/** An object leaves the cache also when it loses the label by which it is served: only the API server knows which it was. */
export async function tellDeleted(options: TellDeletedOptions, rollout: KubeObject): Promise<void> {
  if (!isArgo(options.dialect)) return;
  const { apiVersion, kind, metadata } = rollout;
  const { name, namespace = '', uid = '' } = metadata;
  const key = { group: groupOf(apiVersion), kind, namespace, name };
  const live = await options.client.get(key);
  const isGone = live.kind === 'not-found' || (live.kind === 'ok' && live.object.metadata.uid !== uid);
  if (!isGone) return;
  const now = options.clock.now();
  const { reason, type, message, at } = fact(now, 'RolloutDeleted', `Rollout ${namespace}/${name} was deleted`);
  options.log.info(message, { rollout: `${namespace}/${name}`, reason });
  options.events.record({ regarding: { ...key, apiVersion, uid }, type, reason, message, at });
}
