/** Facts of the rollout room: each reason with its type and its sentence. */

import type { Instant } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';
import type { Reason } from '../reasons.ts';

/** Reasons that Argo Rollouts sends as events too; in its group no others become events. */
export const argoReasons: ReadonlySet<string> = new Set([
  'RolloutAddedToInformer',
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'ScalingReplicaSet',
  'RolloutStepCompleted',
  'RolloutPaused',
  'RolloutResumed',
  'RolloutAborted',
  'RolloutCompleted',
  'SwitchService',
  'UpdatedDestinationRule',
  'TrafficWeightUpdated',
  'SkipSteps',
  'ExperimentCreated',
  'AnalysisRunPending',
  'AnalysisRunRunning',
  'AnalysisRunSuccessful',
  'AnalysisRunFailed',
  'AnalysisRunError',
  'AnalysisRunInconclusive',
  'ReplicaSetCreateError',
  'StepPluginTransition',
  'ReconciliationError',
  'TrafficRoutingError',
  'WeightVerifyError',
  'LoadBalancerNotFound',
  'TargetGroupVerified',
  'TargetGroupUnverified',
  'TargetGroupVerifyError',
  'PatchingALBIngress',
  'RolloutDeleted',
]);

const warnings: ReadonlySet<string> = new Set([
  'RolloutAborted',
  'AnalysisRunFailed',
  'AnalysisRunError',
  'AnalysisRunInconclusive',
  'CommandRejected',
  'InvalidSpec',
  'ProgressDeadlineExceeded',
  'RouteDrift',
  'GateAnswerRefused',
  'TrafficRoutingError',
  'WeightVerifyError',
  'LoadBalancerNotFound',
  'TargetGroupUnverified',
  'TargetGroupVerifyError',
  'ReconciliationError',
  'ReplicaSetCreateError',
]);

export function fact(
  at: Instant,
  reason: Reason,
  message: string,
  values?: Readonly<Record<string, string | undefined>>,
): Fact {
  const known = Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const type = warnings.has(reason) ? 'Warning' : 'Normal';
  const base = { reason, at, type, message } as const;
  return known.length === 0 ? base : { ...base, values: Object.fromEntries(known) };
}
