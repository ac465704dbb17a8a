/**
 * Writes that did not happen for another reason than a newer version, told as Argo Rollouts tells them (argo-rollouts.md 2.5, 2.13): by
 * an event, and a ReplicaSet that could not be made by the condition Progressing as well. In argoproj.io only; elsewhere
 * status.waiting and the log have it.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { RolloutCondition } from '../../crds/schema/rollout-status.ts';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';
import { type FailedWrite, fieldManager } from './act.ts';
import { fact } from './facts.ts';
import type { Observed } from './observed.ts';
import { condition } from './progress.ts';
import { refTo } from './scene.ts';
import { timeText } from './time-text.ts';

/**
 * What is worth telling: a write that was refused, and one without an answer only when the pass before it had no luck either. `uid` is
 * that of the Rollout; `failed` is undefined for a pass that failed at nothing.
 */
export function lastingFailures(): (uid: string, failed: FailedWrite | undefined) => FailedWrite | undefined {
  const unlucky = new Set<string>();
  return (uid, failed) => {
    const isFirst = failed?.mayPass === true && !unlucky.has(uid);
    if (failed === undefined) unlucky.delete(uid);
    else unlucky.add(uid);
    return isFirst ? undefined : failed;
  };
}

/** Nothing outside argoproj.io. */
export function failureFacts({ dialect, now }: Observed, failed: FailedWrite | undefined): readonly Fact[] {
  if (failed === undefined || !isArgo(dialect)) return [];
  const { kind, why } = failed;
  switch (kind) {
    case 'SetWeight':
      return [fact(now, 'TrafficRoutingError', why)];
    case 'CreateReplicaSet':
      return [fact(now, 'ReplicaSetCreateError', why)];
    default:
      return [fact(now, 'ReconciliationError', `A pass over the Rollout failed: ${why}`)];
  }
}

/**
 * Writes the condition of a ReplicaSet that could not be made, once per reason. It counts for nothing: the next pass decides anew,
 * and a ReplicaSet that is made in the end replaces it.
 */
export async function writeCreateError(
  client: KubeClient,
  { dialect, now, rollout }: Observed,
  failed: FailedWrite | undefined,
  wrote: (object: KubeObject) => void,
): Promise<void> {
  if (failed?.kind !== 'CreateReplicaSet' || !isArgo(dialect)) return;
  const conditions = withCreateError(rollout.status.conditions ?? [], failed.why, timeText(now));
  if (conditions === undefined) return;
  const { uid, resourceVersion } = refTo(rollout);
  const options = { fieldManager, uid, resourceVersion, subresource: 'status' } as const;
  const result = await client.merge(refTo(rollout), { status: { conditions } }, options);
  if (result.kind === 'ok') wrote(result.object);
}

/** Undefined when the conditions say so already. */
function withCreateError(
  conditions: readonly RolloutCondition[],
  message: string,
  now: string,
): readonly RolloutCondition[] | undefined {
  const reason = 'ReplicaSetCreateError';
  const old = condition({ conditions: [...conditions] }, 'Progressing');
  if (old?.reason === reason && old.message === message) return undefined;
  const lastTransitionTime = old?.status === 'False' ? (old.lastTransitionTime ?? now) : now;
  const failed: RolloutCondition = {
    type: 'Progressing',
    status: 'False',
    reason,
    message,
    lastUpdateTime: now,
    lastTransitionTime,
  };
  return [...conditions.filter(({ type }) => type !== 'Progressing'), failed];
}
