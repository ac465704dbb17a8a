/** Experiment: ReplicaSets side by side, with analyses. */

import { z } from 'zod';
import { Argument } from './analysis-template.ts';
import { datedCondition, datedConditions } from './conditions.ts';
import { type Dialect, isArgo } from './dialect.ts';
import { flag, int32, int64, list, object, objectName, oneOf, text, time } from './fields.ts';
import { LabelSelector } from './label-selector.ts';
import { head } from './metadata.ts';
import { PodTemplateSpec } from './pod-template.ts';
import { AnalysisRunMetadata, DryRun, MeasurementRetention } from './rollout-analysis.ts';
import { WaitingStatus } from './rollout-decisions.ts';
import { analysisPhases } from './rollout-status.ts';

const ExperimentTemplate = object(
  'One ReplicaSet.',
  {
    name: text('Name of the template, unique in the Experiment.', { maxLength: 253 }),
    selector: LabelSelector,
    template: PodTemplateSpec,
  },
  {
    replicas: int32('Number of pods. Default 1.', { minimum: 0 }),
    minReadySeconds: int32('Seconds a pod must be ready before it counts as available. Default 0.', { minimum: 0 }),
    service: object(
      'Service made for it.',
      {},
      { name: objectName('Name of the Service. Default: name of the ReplicaSet.') },
    ),
  },
);
export type ExperimentTemplate = z.infer<typeof ExperimentTemplate>;

const ExperimentAnalysis = object(
  'One analysis.',
  {
    name: text('Name of the analysis, unique in the Experiment.', { maxLength: 253 }),
    templateName: objectName('Name of the template.'),
  },
  {
    clusterScope: flag('True when the name is that of a ClusterAnalysisTemplate. Default false.'),
    args: list(Argument, 'Values for the arguments of the template.', { maxItems: 256, atomic: true }),
    requiredForCompletion: flag('True: the Experiment waits for this analysis. Default false.'),
  },
);
export type ExperimentAnalysis = z.infer<typeof ExperimentAnalysis>;

export const ExperimentSpec = object(
  'What is run side by side.',
  { templates: list(ExperimentTemplate, 'ReplicaSets to run.', { maxItems: 32, mapKeys: ['name'] }) },
  {
    duration: text('How long it runs once all pods are available, such as 10m. Default: endless.', { maxLength: 64 }),
    progressDeadlineSeconds: int32('Seconds in which the pods must become available. Default 600.', { minimum: 0 }),
    terminate: flag('True ends it now.'),
    analyses: list(ExperimentAnalysis, 'Analyses to run meanwhile.', { maxItems: 32, mapKeys: ['name'] }),
    scaleDownDelaySeconds: int32('Seconds its pods live on afterwards. Default 30.', { minimum: 0 }),
    dryRun: list(DryRun, 'Metrics that are only watched.', { maxItems: 128, atomic: true }),
    measurementRetention: list(MeasurementRetention, 'How many measurements are kept per metric.', {
      maxItems: 128,
      atomic: true,
    }),
    analysisRunMetadata: AnalysisRunMetadata,
  },
);
export type ExperimentSpec = z.infer<typeof ExperimentSpec>;

const ExperimentAnalysisStatus = object(
  'State of one analysis.',
  {
    name: text('Its name.'),
    analysisRun: text('Name of its AnalysisRun.'),
    phase: oneOf(analysisPhases, 'Its phase.'),
  },
  { message: text('Its message.') },
);
export type ExperimentAnalysisStatus = z.infer<typeof ExperimentAnalysisStatus>;

export const templateStatuses = ['Progressing', 'Running', 'Successful', 'Failed', 'Error'] as const;
export type TemplatePhase = (typeof templateStatuses)[number];

const TemplateStatus = object(
  'State of one ReplicaSet.',
  { name: text('Name of the template.') },
  {
    replicas: int32('Its pods.'),
    updatedReplicas: int32('Its pods with the current template.'),
    readyReplicas: int32('Its ready pods.'),
    availableReplicas: int32('Its available pods.'),
    collisionCount: int32('Raised when two templates had the same hash.'),
    status: oneOf(templateStatuses, 'Outcome so far.'),
    message: text('Why, in words.'),
    lastTransitionTime: time('When the outcome changed last.'),
    serviceName: text('Its Service.'),
    podTemplateHash: text('Its pod template hash.'),
  },
);
export type TemplateStatus = z.infer<typeof TemplateStatus>;

export const experimentConditionTypes = [
  'InvalidSpec',
  'Completed',
  'Progressing',
  'Running',
  'ReplicaFailure',
] as const;

export const ExperimentCondition = datedCondition(experimentConditionTypes);
export type ExperimentCondition = z.infer<typeof ExperimentCondition>;

const statusFields = {
  phase: oneOf(analysisPhases, 'Pending, Running, Successful, Failed, Error or Inconclusive.'),
  message: text('Why, in words.'),
  availableAt: time('When all pods were available.'),
  conditions: datedConditions(experimentConditionTypes),
  analysisRuns: list(ExperimentAnalysisStatus, 'State per analysis.', { atomic: true }),
  templateStatuses: list(TemplateStatus, 'State per ReplicaSet.', { atomic: true }),
};
const ownFields = {
  observedGeneration: int64('Value of metadata.generation that this status speaks of.'),
  waiting: WaitingStatus,
};

const statusDescription = 'What was observed and decided.';

/** status of either dialect; `waiting` and `observedGeneration` are absent in argoproj.io. */
export const ExperimentStatus = object(statusDescription, {}, { ...statusFields, ...ownFields });
export type ExperimentStatus = z.infer<typeof ExperimentStatus>;

const experimentDescription = 'ReplicaSets that run side by side for a while, with analyses.';

/** An Experiment of either dialect. */
export const Experiment = z
  .object({ ...head('Experiment'), spec: ExperimentSpec, status: ExperimentStatus.optional() })
  .describe(experimentDescription);
export type Experiment = z.infer<typeof Experiment>;

/** The Experiment of one dialect, for its CRD. */
export function experimentSchema(dialect: Dialect) {
  if (!isArgo(dialect)) return Experiment;
  const status = object(statusDescription, {}, statusFields);
  return z
    .object({ ...head('Experiment'), spec: ExperimentSpec, status: status.optional() })
    .describe(experimentDescription);
}
