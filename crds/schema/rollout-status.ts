/** Rollout.status: Argo Rollouts' fields whole, and in tidegate.io the decision record. */

import { z } from 'zod';
import { datedCondition, datedConditions } from './conditions.ts';
import type { Dialect } from './dialect.ts';
import { anyJson, flag, int32, int64, list, object, oneOf, text, time } from './fields.ts';
import { PresetSnapshot } from './preset-reference.ts';
import { decisionFields } from './rollout-decisions.ts';

export const rolloutPhases = ['Healthy', 'Degraded', 'Progressing', 'Paused'] as const;
export type RolloutPhase = (typeof rolloutPhases)[number];

export const rolloutConditionTypes = [
  'InvalidSpec',
  'Available',
  'Progressing',
  'ReplicaFailure',
  'Paused',
  'Completed',
  'Healthy',
] as const;
/** In tidegate.io also those by which tools judge any resource (the kstatus rules of Flux and others). */
const allConditionTypes = [...rolloutConditionTypes, 'Ready', 'Reconciling', 'Stalled'] as const;
export type RolloutConditionType = (typeof allConditionTypes)[number];

export const RolloutCondition = datedCondition(allConditionTypes);
export type RolloutCondition = z.infer<typeof RolloutCondition>;

export const pauseReasons = [
  'InconclusiveAnalysisRun',
  'InconclusiveExperiment',
  'CanaryPauseStep',
  'BlueGreenPause',
] as const;
export type PauseReason = (typeof pauseReasons)[number];

export const PauseCondition = object(
  'One reason for which the controller paused.',
  { reason: oneOf(pauseReasons, 'The reason.'), startTime: time('Since when.') },
  {},
);
export type PauseCondition = z.infer<typeof PauseCondition>;

export const analysisPhases = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
export type AnalysisPhase = (typeof analysisPhases)[number];

export const RolloutAnalysisRunStatus = object(
  'An AnalysisRun of this Rollout.',
  { name: text('Name of the AnalysisRun.'), status: oneOf(analysisPhases, 'Its phase.') },
  { message: text('Its message.') },
);
export type RolloutAnalysisRunStatus = z.infer<typeof RolloutAnalysisRunStatus>;

export const WeightDestination = object(
  'A destination and its share.',
  { weight: int32('Weight of the traffic it gets.') },
  {
    serviceName: text('Its Service.'),
    podTemplateHash: text('Pod template hash of its revision.'),
  },
);
export type WeightDestination = z.infer<typeof WeightDestination>;

export const TrafficWeights = object(
  'Weights that were written to the router last.',
  { canary: WeightDestination, stable: WeightDestination },
  {
    additional: list(WeightDestination, 'Further destinations, such as experiments.'),
    verified: flag('True once the router confirmed them; absent where it cannot be asked.'),
  },
);
export type TrafficWeights = z.infer<typeof TrafficWeights>;

const StepPluginStatus = object(
  'State of a plugin step.',
  {
    index: int32('Index of the step.'),
    name: text('Name of the plugin.'),
    operation: oneOf(['Run', 'Terminate', 'Abort'], 'What was called.'),
  },
  {
    phase: oneOf(['Running', 'Successful', 'Failed', 'Error'], 'Outcome so far.'),
    message: text('The outcome in words.'),
    startedAt: time('When it was called first.'),
    updatedAt: time('When it answered last.'),
    finishedAt: time('When it ended.'),
    backoff: text('Wait before the next call.'),
    executions: int32('Number of calls.'),
    disabled: flag('True when the plugin is turned off.'),
    status: anyJson("The plugin's own state."),
  },
);

const CanaryStatus = object(
  'State of a canary.',
  {},
  {
    weights: TrafficWeights,
    currentStepAnalysisRunStatus: RolloutAnalysisRunStatus.describe('AnalysisRun of the current step.'),
    currentBackgroundAnalysisRunStatus: RolloutAnalysisRunStatus.describe('AnalysisRun beside the steps.'),
    currentExperiment: text('Name of the Experiment of the current step.'),
    stablePingPong: oneOf(['ping', 'pong'], 'Which of the two Services is stable.'),
    stepPluginStatuses: list(StepPluginStatus, 'State of plugin steps.'),
  },
);

const BlueGreenStatus = object(
  'State of a blue-green release.',
  {},
  {
    previewSelector: text('Pod template hash behind the preview Service.'),
    activeSelector: text('Pod template hash behind the active Service.'),
    scaleUpPreviewCheckPoint: flag('True once the preview was scaled up in full.'),
    prePromotionAnalysisRunStatus: RolloutAnalysisRunStatus.describe('AnalysisRun before the switch.'),
    postPromotionAnalysisRunStatus: RolloutAnalysisRunStatus.describe('AnalysisRun after the switch.'),
  },
);

const AwsResource = object(
  'An AWS resource.',
  { name: text('Its name.'), arn: text('Its ARN.') },
  { fullName: text('Its name as metrics know it.') },
);
const AlbStatus = object(
  'Load balancer behind an Ingress.',
  {},
  {
    loadBalancer: AwsResource.describe('The load balancer.'),
    canaryTargetGroup: AwsResource.describe('Target group of the canary.'),
    stableTargetGroup: AwsResource.describe('Target group of the stable revision.'),
    ingress: text('Name of the Ingress.'),
  },
);

export const completionStatuses = [
  'Promoted',
  'FastPromoted',
  'Aborted',
  'Superseded',
  'RolledBack',
  'FastRolledBack',
] as const;

const statusFields = {
  phase: oneOf(rolloutPhases, 'Healthy, Progressing, Paused or Degraded.'),
  message: text('Why the phase is what it is; empty when healthy.'),
  abort: flag('True asks for an abort; false or absent after a retry.'),
  abortedAt: time('When the abort began.'),
  promoteFull: flag('True skips all steps, pauses and analyses that are left.'),
  controllerPause: flag(
    'True while the controller itself paused; true without pauseConditions means that somebody resumed.',
  ),
  pauseConditions: list(PauseCondition, 'Why the controller paused; emptied to resume.', { atomic: true }),
  currentStepIndex: int32('Index of the step being run, counted from 0; equals the number of steps when all are done.'),
  currentStepHash: text('Hash of the steps, to notice a changed plan.'),
  currentPodHash: text('Pod template hash of the revision in spec.template.'),
  stableRS: text('Pod template hash of the stable revision.'),
  selector: text('Label selector of all pods as text, for autoscalers.'),
  replicas: int32('Pods of all revisions.'),
  updatedReplicas: int32('Pods of the current revision.'),
  readyReplicas: int32('Ready pods of all revisions.'),
  availableReplicas: int32('Available pods of all revisions.'),
  HPAReplicas: int32('Pods that an autoscaler counts.'),
  collisionCount: int32('Raised when two templates had the same hash.'),
  conditions: datedConditions(allConditionTypes),
  canary: CanaryStatus,
  blueGreen: BlueGreenStatus,
  restartedAt: time('Value of spec.restartAt whose restart is done.'),
  alb: AlbStatus,
  albs: list(AlbStatus, 'Load balancers, one per Ingress.'),
  rolloutStartedAt: time('When this release began.'),
  manualPauseStartedAt: time('Since when a person has it paused.'),
  totalManualPauseDurationSeconds: int64('Seconds that people had it paused.'),
  finishedAt: time('When this release ended.'),
  completionStatus: oneOf(completionStatuses, 'How this release ended.'),
};

const generationText = 'Value of metadata.generation that this status speaks of.';
const workloadText = 'Generation of the referenced workload that this status speaks of.';

/** status of either dialect: observedGeneration as text or number, and the decision record, absent in argoproj.io. */
export const RolloutStatus = object(
  'What the controller observed and decided.',
  {},
  {
    ...statusFields,
    ...decisionFields,
    preset: PresetSnapshot,
    observedGeneration: z.union([z.string(), z.int()]).describe(generationText),
    workloadObservedGeneration: z.union([z.string(), z.int()]).describe(workloadText),
  },
);
export type RolloutStatus = z.infer<typeof RolloutStatus>;

/** The status of one dialect, for its CRD. */
export function rolloutStatusSchema(dialect: Dialect) {
  const generation = (description: string) =>
    dialect.observedGeneration === 'string' ? text(description) : int64(description);
  const generations = {
    observedGeneration: generation(generationText),
    workloadObservedGeneration: generation(workloadText),
  };
  const fields = { ...generations, ...statusFields };
  return dialect.observedGeneration === 'string'
    ? object(
        'What the controller observed and decided.',
        {},
        { ...fields, conditions: datedConditions(rolloutConditionTypes) },
      )
    : object('What the controller observed and decided.', {}, { ...fields, ...decisionFields, preset: PresetSnapshot });
}
