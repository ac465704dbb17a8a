/** Reads what else is in a Deployment's namespace, for the refusals of adopt. A kind that is not served counts as none. */

import type { KindRef } from '../../kube/api.ts';
import type { Whole } from '../adopt-plan.ts';
import type { Surroundings } from '../adopt-refusals.ts';
import type { HandOver } from './hand-over.ts';

const workloads: readonly KindRef[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => ({
  group: 'apps',
  kind,
}));

const releases: readonly KindRef[] = [
  { group: 'tidegate.io', kind: 'Rollout' },
  { group: 'argoproj.io', kind: 'Rollout' },
  { group: 'rollouts.kruise.io', kind: 'Rollout' },
  { group: 'rollouts.kruise.io', kind: 'BatchRelease' },
  { group: 'flagger.app', kind: 'Canary' },
];

/** `owned`: ReplicaSets of the Deployment. @throws CliError when something can't be read: not knowing is no consent. */
export async function lookAround(hand: HandOver, owned: readonly Whole[]): Promise<Surroundings> {
  const all = async (kinds: readonly KindRef[]) => (await Promise.all(kinds.map((kind) => hand.list(kind)))).flat();
  const [known, found, autoscalers, quotas, pods] = await Promise.all([
    all(workloads),
    all(releases),
    hand.list({ group: 'autoscaling', kind: 'HorizontalPodAutoscaler' }),
    hand.list({ group: '', kind: 'ResourceQuota' }),
    hand.podsOf(owned),
  ]);
  return { workloads: known, releases: found, autoscalers, quotas, pod: pods[0] };
}
