/** Reasons of the rollout room that tell what happened: events, entries of the RolloutRun, conditions, verdicts. */

import type { ReasonEntries } from './entry.ts';

/** Every fact of a Rollout becomes an event on it and an entry of its RolloutRun. */
const told = { shows: ['event', 'run entry'], on: ['Rollout', 'RolloutRun'] } as const;
const toldAndCondition = { shows: ['event', 'run entry', 'condition'], on: ['Rollout', 'RolloutRun'] } as const;
const condition = { shows: ['condition'], on: ['Rollout'] } as const;
const verdict = { shows: ['verdict', 'release'], on: ['Rollout', 'Release'] } as const;
const verdictAndWait = { shows: ['verdict', 'release', 'waiting'], on: ['Rollout', 'Release'] } as const;

export const rolloutReasons = {
  RolloutAddedToInformer: { ...told, type: 'Normal', meaning: 'The controller saw this Rollout for the first time.' },
  RolloutUpdated: {
    ...told,
    type: 'Normal',
    meaning: 'A pod template that differs from the current revision was seen.',
  },
  NewReplicaSetCreated: {
    ...toldAndCondition,
    type: 'Normal',
    meaning: 'The ReplicaSet of a new revision was created, or is about to be (condition Progressing).',
  },
  RolloutNotCompleted: { ...told, type: 'Normal', meaning: 'The update to another revision has begun.' },
  ScalingReplicaSet: { ...told, type: 'Normal', meaning: 'A ReplicaSet was given more or fewer pods.' },
  PodEvicted: { ...told, type: 'Normal', meaning: 'A pod older than spec.restartAt was evicted.' },
  RolloutStepCompleted: { ...told, type: 'Normal', meaning: 'A canary step is done.' },
  RolloutPaused: {
    ...toldAndCondition,
    type: 'Normal',
    meaning:
      'The rollout stands still at a pause step, after an inconclusive analysis, or because a person paused it; condition Paused carries this reason also when its status is False.',
    remedy: 'status.waiting says what moves it on; a pause without duration needs promote.',
  },
  RolloutResumed: {
    ...toldAndCondition,
    type: 'Normal',
    meaning: 'A pause ended and the rollout goes on; the event comes only when a person ended it.',
  },
  RolloutAborted: {
    ...toldAndCondition,
    type: 'Warning',
    meaning: 'The new revision failed or was aborted, and traffic goes back to the stable one.',
    remedy: 'Read status.verdict for the cause, then change the template in Git, or retry by command.',
  },
  StableConfirmed: {
    ...told,
    type: 'Normal',
    meaning: 'All traffic is on the stable revision again; with a router that can tell, the router has confirmed it.',
  },
  RolloutCompleted: {
    ...toldAndCondition,
    type: 'Normal',
    meaning: 'The new revision became the stable one; condition Completed carries this reason with False too.',
  },
  SwitchService: { ...told, type: 'Normal', meaning: 'The selector of a Service was moved to another revision.' },
  UpdatedDestinationRule: {
    ...told,
    type: 'Normal',
    meaning: 'A subset of Istio that no Service stands for was labelled with another revision.',
  },
  TrafficWeightUpdated: { ...told, type: 'Normal', meaning: 'The router was given another canary weight.' },
  PatchingALBIngress: {
    ...told,
    type: 'Normal',
    meaning: 'The Ingress of the AWS load balancer is given other weights; in argoproj.io only.',
  },
  TrafficRoutingError: {
    ...told,
    type: 'Warning',
    meaning: 'The objects of the router could not be written; in argoproj.io only, elsewhere status.waiting says it.',
    remedy: 'Correct the object or the right that the message names.',
  },
  WeightVerifyError: {
    ...told,
    type: 'Warning',
    meaning:
      'The weights in force could not be read from the router (told in argoproj.io only, elsewhere status.waiting says it) or from AWS.',
    remedy: 'Look at the objects of the router that the message names, and at the rights of the controller at AWS.',
  },
  LoadBalancerNotFound: {
    ...told,
    type: 'Warning',
    meaning: 'AWS has no load balancer with the host that the status of the Ingress names.',
    remedy: 'See whether the load balancer is in the account and region of the controller.',
  },
  TargetGroupVerified: {
    ...told,
    type: 'Normal',
    meaning: 'AWS has all ready endpoints of the Service in service in its target groups.',
  },
  TargetGroupUnverified: {
    ...told,
    type: 'Warning',
    meaning:
      'AWS does not have all ready endpoints of the Service in service in its target groups yet; it is asked again.',
    remedy: 'If it lasts, look at the health of the targets and at the AWS Load Balancer Controller.',
  },
  TargetGroupVerifyError: {
    ...told,
    type: 'Warning',
    meaning: 'AWS could not be asked about the target groups of a Service; it is asked again.',
    remedy: 'Look at the rights of the controller at AWS.',
  },
  ReconciliationError: {
    ...told,
    type: 'Warning',
    meaning: 'A pass over the Rollout ended in an error and is made again; in argoproj.io only.',
    remedy: 'The message says what failed; it is tried again by itself.',
  },
  RolloutDeleted: { ...told, type: 'Normal', meaning: 'The Rollout was deleted; in argoproj.io only.' },
  ManagedRoutesUpdated: {
    ...told,
    type: 'Normal',
    meaning: 'Header or mirror routes to the canary were written or removed, with the weight as it was.',
  },
  RouteDrift: {
    ...told,
    type: 'Warning',
    meaning:
      'The router held other weights than those that had been reached: somebody else wrote the route, and it is put back.',
    remedy: 'Find who else writes the route, and let it leave the weights alone.',
  },
  SkipSteps: {
    ...told,
    type: 'Normal',
    meaning: 'No steps are run: somebody promoted in full, or the template is that of the stable revision.',
  },
  StepsChanged: {
    ...told,
    type: 'Normal',
    meaning: 'The canary steps were edited during a rollout, so it starts over at the first one as a new attempt.',
  },
  CommandApplied: { ...told, type: 'Normal', meaning: 'A command of a person was carried out.' },
  CommandRejected: {
    ...told,
    type: 'Warning',
    meaning: 'A command or an abort does not fit the state that the Rollout is in, so nothing was done.',
    remedy: 'The message says why; look at status and give a command that fits.',
  },
  InvalidSpec: {
    shows: ['event', 'run entry', 'condition', 'waiting'],
    on: ['Rollout', 'RolloutRun'],
    type: 'Warning',
    meaning:
      'The spec or something it names cannot be used, so nothing new is started; a way back to stable that is under way goes on.',
    remedy: 'Correct the field that the message names.',
  },
  ExperimentCreated: { ...told, type: 'Normal', meaning: 'The Experiment of a step was made.' },
  AnalysisRunPending: { ...told, type: 'Normal', meaning: 'An AnalysisRun was made and has not begun to measure.' },
  AnalysisRunRunning: { ...told, type: 'Normal', meaning: 'An AnalysisRun of this rollout is measuring.' },
  AnalysisRunSuccessful: { ...told, type: 'Normal', meaning: 'An AnalysisRun of this rollout passed.' },
  AnalysisRunFailed: {
    ...told,
    type: 'Warning',
    meaning: 'An AnalysisRun measured values beyond their limits, which aborts the rollout.',
    remedy: 'Look at the failed metric of the AnalysisRun, then change the template.',
  },
  AnalysisRunError: {
    ...told,
    type: 'Warning',
    meaning: 'An AnalysisRun ended in an error, which happens in argoproj.io only and aborts the rollout there.',
    remedy: 'Repair the metric query or its provider; the message of the AnalysisRun has the error.',
  },
  AnalysisRunInconclusive: {
    ...told,
    type: 'Warning',
    meaning: 'An AnalysisRun ended with neither success nor failure, so the rollout pauses.',
    remedy: 'Judge the values yourself, then promote or abort.',
  },
  AvailableReason: {
    ...condition,
    type: 'Normal',
    meaning: 'Condition Available: enough pods are available when True, too few when False.',
    remedy: 'When False, look at the pods of the Rollout.',
  },
  NewReplicaSetAvailable: {
    ...condition,
    type: 'Normal',
    meaning: 'The current revision is stable and has all its pods.',
  },
  FoundNewReplicaSet: {
    ...condition,
    type: 'Normal',
    meaning: 'The ReplicaSet of the revision existed already and is used again.',
  },
  ReplicaSetUpdated: { ...condition, type: 'Normal', meaning: 'The current revision makes progress.' },
  RolloutRetry: {
    ...condition,
    type: 'Normal',
    meaning: 'The same revision is tried again, by command or with new steps.',
  },
  ProgressDeadlineExceeded: {
    ...condition,
    type: 'Warning',
    meaning: 'The awaited pods of the current revision made no progress within spec.progressDeadlineSeconds.',
    remedy: 'Look at events and logs of the pods; abort if the revision cannot come up.',
  },
  ReplicaSetCreateError: {
    ...toldAndCondition,
    type: 'Warning',
    meaning:
      'The ReplicaSet of the current revision cannot make pods, for instance because of a quota or an admission rule; in argoproj.io also an event when it cannot be made itself.',
    remedy: 'The message is that of the ReplicaSet or of the API server: raise the quota or correct the pod template.',
  },
  RolloutProgressing: {
    ...condition,
    type: 'Normal',
    meaning: 'Conditions Ready and Reconciling: the rollout is under way; their message is that of the phase.',
  },
  RolloutDegraded: {
    ...condition,
    type: 'Warning',
    meaning:
      'Conditions Ready and Stalled: the rollout was aborted, made no progress in time, or its spec cannot be used.',
    remedy: 'The message and status.verdict say what failed: change the template (in Git), or retry by command.',
  },
  RolloutHealthy: {
    ...condition,
    type: 'Normal',
    meaning: 'Condition Healthy: complete and healthy when True; under way, paused or failed when False.',
  },
  GatePassed: { ...told, type: 'Normal', meaning: 'A gate of spec.gates let this revision and attempt pass.' },
  GateAnswerRefused: {
    ...told,
    type: 'Warning',
    meaning:
      'The answer of a gate names another revision, attempt or Rollout than it was asked about, so it does not count.',
    remedy: 'Let the gate answer for the podHash, revision and attempt of the question.',
  },
  GateTold: {
    ...told,
    type: 'Normal',
    meaning: 'A post-rollout gate was told of the end; its answer changes nothing.',
  },
  StepPluginTransition: { ...told, type: 'Normal', meaning: 'A step plugin is in another phase than before.' },
  GateFailed: {
    ...verdict,
    type: 'Warning',
    meaning:
      'A gate made the revision a failed one: pre-rollout failed too often, a deadline passed, or rollback said yes.',
    remedy: 'status.verdict names the gate and its last answer.',
  },
  StepPluginFailed: {
    ...verdict,
    type: 'Warning',
    meaning: 'The plugin of a step said that it failed.',
    remedy: 'status.canary.stepPluginStatuses has its message.',
  },
  AnalysisFailed: {
    ...verdict,
    type: 'Warning',
    meaning: 'The revision failed by a metric, or in argoproj.io by an analysis that ended in an error.',
    remedy: 'status.verdict names metric, value and limit; repair the program and release again.',
  },
  AbortedByUser: {
    ...verdict,
    type: 'Warning',
    meaning: 'A person aborted the rollout or rolled it back.',
    remedy: 'Ask the actor in status.verdict, if there is one; retry by command when it was a mistake.',
  },
  ProgressDeadline: {
    ...verdict,
    type: 'Warning',
    meaning: 'The revision failed because its pods made no progress within the deadline.',
    remedy: 'Find out from pods and their events why they did not become available.',
  },
  ImageMissing: {
    ...verdictAndWait,
    type: 'Warning',
    meaning: 'No pod of the revision starts because an image does not exist; after a minute it has failed.',
    remedy: 'Correct the image name, or push the image.',
  },
  CrashLoop: {
    ...verdictAndWait,
    type: 'Warning',
    meaning:
      'No pod of the revision becomes ready because containers keep ending (the kubelet backs off, or they are down after three restarts; one restart is no loop); after a minute it has failed.',
    remedy: 'Read the logs of the container with --previous.',
  },
} as const satisfies ReasonEntries;
