/** Reasons of the experiment room: events with Argo Rollouts' names, conditions, and what an Experiment waits for. */

import type { ReasonEntries } from './entry.ts';

const event = { shows: ['event'], on: ['Experiment'] } as const;
const condition = { shows: ['condition'], on: ['Experiment'] } as const;
const waiting = { shows: ['waiting'], on: ['Experiment'] } as const;

export const experimentReasons = {
  ExperimentPending: { ...event, type: 'Normal', meaning: 'Not all pods of the Experiment are available.' },
  ExperimentRunning: {
    ...event,
    type: 'Normal',
    meaning: 'All pods are available; analyses begin and the duration runs.',
  },
  ExperimentSuccessful: { ...event, type: 'Normal', meaning: 'The Experiment ended and nothing failed in it.' },
  ExperimentFailed: {
    ...event,
    type: 'Warning',
    meaning: 'An analysis failed, or pods did not become available in time.',
    remedy: 'Read status.message, then the AnalysisRun or the ReplicaSet that it names.',
  },
  ExperimentError: {
    ...event,
    type: 'Warning',
    meaning: 'Something that the Experiment needs could not be made, or in argoproj.io an analysis ended in an error.',
    remedy: 'Read status.message and correct what it names.',
  },
  ExperimentInconclusive: {
    ...event,
    type: 'Warning',
    meaning: 'The Experiment ended without a verdict: an analysis had none, or somebody ended it before its time.',
    remedy: 'Judge the values yourself; run it again when they are too few.',
  },
  TemplateProgressing: { ...event, type: 'Normal', meaning: 'Pods of a template are not all available.' },
  TemplateRunning: { ...event, type: 'Normal', meaning: 'All pods of a template are available.' },
  TemplateSuccessful: { ...event, type: 'Normal', meaning: 'A template ran until the end of the Experiment.' },
  TemplateFailed: {
    ...event,
    type: 'Warning',
    meaning: 'Pods of a template made no progress within spec.progressDeadlineSeconds.',
    remedy: 'Look at events and logs of the pods of its ReplicaSet.',
  },
  TemplateError: {
    ...event,
    type: 'Warning',
    meaning: 'The ReplicaSet or the Service of a template could not be made.',
    remedy: 'Correct what the message names: the template, or the name that is taken.',
  },
  AnalysisRunPending: { ...event, type: 'Normal', meaning: 'An AnalysisRun of the Experiment is made.' },
  AnalysisRunRunning: { ...event, type: 'Normal', meaning: 'An AnalysisRun of the Experiment is measuring.' },
  AnalysisRunSuccessful: { ...event, type: 'Normal', meaning: 'An AnalysisRun of the Experiment passed.' },
  AnalysisRunFailed: {
    ...event,
    type: 'Warning',
    meaning: 'An AnalysisRun measured values beyond their limits, which ends the Experiment.',
    remedy: 'Look at the failed metric of the AnalysisRun.',
  },
  AnalysisRunError: {
    ...event,
    type: 'Warning',
    meaning: 'An analysis could not be run, or its AnalysisRun ended in an error, which ends the Experiment.',
    remedy: 'Repair the analysis template, its arguments or the provider; the message has the error.',
  },
  AnalysisRunInconclusive: {
    ...event,
    type: 'Warning',
    meaning:
      'An AnalysisRun ended without a verdict, which ends the Experiment, unless all that is required has passed.',
    remedy: 'Judge the values yourself.',
  },
  AnalysisRunTerminating: {
    ...event,
    type: 'Normal',
    meaning: 'An AnalysisRun is told to stop, since the Experiment ends.',
  },
  ScalingReplicaSet: {
    ...event,
    type: 'Normal',
    meaning: 'A ReplicaSet of the Experiment was given more or fewer pods.',
  },
  NewReplicaSetCreated: { ...event, type: 'Normal', meaning: 'The ReplicaSet of a template was created.' },
  InvalidSpec: {
    shows: ['event', 'condition', 'waiting'],
    on: ['Experiment'],
    type: 'Warning',
    meaning: 'The spec or something it names cannot be used, so nothing is begun.',
    remedy: 'Correct the field that the message names.',
  },
  ReplicaSetUpdated: { ...condition, type: 'Normal', meaning: 'The counts of pods change, or not all are available.' },
  NewReplicaSetAvailable: { ...condition, type: 'Normal', meaning: 'All pods of the Experiment are available.' },
  ExperimentCompleted: {
    ...condition,
    type: 'Normal',
    meaning: 'The Experiment is over; condition Completed carries this reason with False too.',
  },
  ReplicaSetCreateError: {
    ...condition,
    type: 'Warning',
    meaning: 'A ReplicaSet of the Experiment cannot make pods, for instance because of a quota or an admission rule.',
    remedy: 'The message is that of the ReplicaSet: raise the quota or correct the pod template.',
  },
  PodsNotAvailable: {
    ...waiting,
    type: 'Normal',
    meaning: 'Fewer pods of a template are available than it asks for.',
    remedy: 'If it lasts, look at the pods of the ReplicaSet that it names.',
  },
  ExperimentDuration: { ...waiting, type: 'Normal', meaning: 'The duration of the Experiment is not over.' },
  AnalysisRunning: {
    ...waiting,
    type: 'Normal',
    meaning: 'An analysis that is required for completion has no verdict yet.',
  },
  AnalysisStopping: {
    ...waiting,
    type: 'Normal',
    meaning: 'AnalysisRuns that are not needed any more are being stopped.',
  },
  ExperimentEndless: {
    ...waiting,
    type: 'Normal',
    meaning: 'The Experiment has neither a duration nor a required analysis.',
    remedy: 'Set spec.terminate to end it.',
  },
  RolloutHolds: {
    ...waiting,
    type: 'Normal',
    meaning: 'The Rollout of this step may still send traffic to the pods, so they stay.',
  },
} as const satisfies ReasonEntries;
