/** Reasons for which a Rollout waits (status.waiting) or pauses (status.pauseConditions). */

import type { ReasonEntries } from './entry.ts';

const waiting = { shows: ['waiting'], on: ['Rollout'] } as const;
const pause = { shows: ['pause'], on: ['Rollout'] } as const;

export const rolloutWaits = {
  Working: { ...waiting, type: 'Normal', meaning: 'The controller has decided and the next write is under way.' },
  Aborted: {
    ...waiting,
    type: 'Warning',
    meaning: 'The revision failed or was aborted, and stable has taken over.',
    remedy: 'Change the template in Git, or retry by command.',
  },
  GateClosed: {
    ...waiting,
    type: 'Normal',
    meaning: 'A gate of spec.gates has not let the revision pass yet; the wait names gate, host and last answer.',
    remedy: 'Open the gate for this revision, or skip gates, steps and analyses by promote-full.',
  },
  StepPluginRunning: {
    ...waiting,
    type: 'Normal',
    meaning: 'The plugin of the step has not said yet that it was successful; its last answer is the value.',
    remedy: 'If it lasts, look at the plugin; promote skips the step.',
  },
  StableMissing: {
    ...waiting,
    type: 'Warning',
    meaning: 'The ReplicaSet of the stable revision was deleted, so there is nothing to go back to.',
    remedy: 'Release a working revision, or promote the current one in full.',
  },
  RevisionMissing: {
    ...waiting,
    type: 'Warning',
    meaning: 'The ReplicaSet that a rollback goes to was deleted on the way.',
    remedy: 'Release a working revision.',
  },
  Draining: {
    ...waiting,
    type: 'Normal',
    meaning: 'Traffic has left a revision, and its pods stay until open requests have had time to end.',
  },
  PodsNotAvailable: {
    ...waiting,
    type: 'Normal',
    meaning: 'Fewer pods of a revision are available than the next move needs.',
    remedy: 'If it lasts, look at the pods of the ReplicaSet that it names.',
  },
  EndpointsNotReady: {
    ...waiting,
    type: 'Normal',
    meaning: 'The Service that is to get traffic does not have enough ready endpoints of the right revision.',
    remedy: 'If it lasts, look at the readiness of the pods and the selector of the Service.',
  },
  StableNotReady: {
    ...waiting,
    type: 'Warning',
    meaning: 'Traffic goes back to stable only as fast as ready endpoints appear behind the stable Service.',
    remedy: 'If it lasts, find out why the pods of the stable revision are not ready.',
  },
  NobodyReady: {
    ...waiting,
    type: 'Warning',
    meaning: 'Neither revision has a ready endpoint, so moving the weight would help nobody.',
    remedy: 'Bring a pod of either revision up: users are probably seeing errors now.',
  },
  RouterNotConfirmed: {
    ...waiting,
    type: 'Normal',
    meaning: 'The weights are written, but the gateway has not confirmed that it uses them.',
    remedy: 'If it lasts, look at the status conditions of the route and at the gateway that owns it.',
  },
  TargetsNotInService: {
    ...waiting,
    type: 'Normal',
    meaning: 'AWS does not have every ready endpoint of the Service in service in its target groups yet.',
    remedy: 'If it lasts, look at the health of the targets and at the rights of the controller at AWS.',
  },
  RouterUnreadable: {
    ...waiting,
    type: 'Warning',
    meaning: 'The weights that the router has now cannot be read, so none are changed.',
    remedy: 'See whether the route that it names exists and has both Services as backends.',
  },
  RouterRefused: {
    ...waiting,
    type: 'Warning',
    meaning: 'A route can not be given other weights as it is, for instance because a rule has a third backend.',
    remedy: 'Correct the route as the message says; pods stay until it can be written.',
  },
  Restarting: {
    ...waiting,
    type: 'Normal',
    meaning: 'Pods older than spec.restartAt are being replaced, a few at a time.',
    remedy: 'If it lasts, see whether a PodDisruptionBudget allows any pod to go, and whether new pods get ready.',
  },
  RegistryUnreachable: {
    ...waiting,
    type: 'Warning',
    meaning: 'Images cannot be pulled, with no proof that the image is missing; that alone never fails a revision.',
    remedy: 'Look at the registry, the pull secret and the network of the nodes, or abort.',
  },
  ManuallyPaused: {
    ...waiting,
    type: 'Normal',
    meaning: 'A person holds the rollout by spec.paused or by the command pause.',
    remedy: 'Set spec.paused to false or give the command resume.',
  },
  PauseStep: {
    ...waiting,
    type: 'Normal',
    meaning: 'The rollout stands at a pause step.',
    remedy: 'Promote it when it waits for a person; with a duration it goes on by itself.',
  },
  AnalysisRunning: {
    ...waiting,
    type: 'Normal',
    meaning: 'The step passes when its AnalysisRun is successful, and measurements are still to come.',
  },
  ExperimentRunning: {
    ...waiting,
    type: 'Normal',
    meaning: 'The step passes when its Experiment is successful, and that is still going on.',
  },
  ExperimentInconclusive: {
    ...waiting,
    type: 'Warning',
    meaning: 'The Experiment of the step ended without a verdict.',
    remedy: 'Promote to go on all the same, or abort.',
  },
  AnalysisInconclusive: {
    ...waiting,
    type: 'Warning',
    meaning: 'An AnalysisRun ended without a verdict.',
    remedy: 'Promote to go on all the same, or abort.',
  },
  NoEvidence: {
    ...waiting,
    type: 'Warning',
    meaning: 'The analysis has no values to judge, which counts as neither success nor failure; it is tried again.',
    remedy: 'Find out why the query gives nothing; promote to go on without it, or abort.',
  },
  ServiceMissing: {
    ...waiting,
    type: 'Warning',
    meaning: 'The Service for live traffic does not exist, so it can be given to no revision.',
    remedy: 'Create the Service that spec.strategy.blueGreen.activeService names.',
  },
  BlueGreenPause: {
    shows: ['waiting', 'pause'],
    on: ['Rollout'],
    type: 'Normal',
    meaning: 'The new revision is ready behind the preview Service, and the switch of live traffic waits.',
    remedy: 'Promote it when it waits for a person; with autoPromotionSeconds it goes on by itself.',
  },
  CanaryPauseStep: { ...pause, type: 'Normal', meaning: 'The plan has a pause here.' },
  InconclusiveExperiment: {
    ...pause,
    type: 'Warning',
    meaning: 'The rollout paused because the Experiment of its step had no verdict.',
    remedy: 'Promote or abort.',
  },
  InconclusiveAnalysisRun: {
    ...pause,
    type: 'Warning',
    meaning: 'The rollout paused because an AnalysisRun had no verdict.',
    remedy: 'Promote or abort.',
  },
} as const satisfies ReasonEntries;
