/** Rows besides the fields: what Argo Rollouts' users see and name. Facts from its documentation and observed behaviour. */

import type { Row } from './rows.ts';

const list = (group: string, prefix: string, names: readonly string[]): readonly Row[] =>
  names.map((name) => ({ id: `${prefix}:${name}`, group }));

const refused = (group: string, prefix: string, sentence: string, names: readonly string[]): readonly Row[] =>
  list(group, prefix, names).map((row) => ({ ...row, refused: sentence }));

const noAws = 'not told: the load balancer is not asked through the AWS API in this version';
/** Fields of the schema that this version never writes. */
export const unwritten: Readonly<Record<string, string>> = {
  'Rollout.status.alb': noAws,
  'Rollout.status.rolloutStartedAt': 'not written: the RolloutRun has when a release began',
  'Rollout.status.finishedAt': 'not written: the RolloutRun has when a release ended',
  'Rollout.status.completionStatus': 'not written: the RolloutRun has how a release ended',
};

const noPlugins = 'plugins as Go binaries are refused: step plugins are HTTP services named by the operator';

export const knownRows: readonly Row[] = [
  ...list('Steps', 'step', [
    'setWeight',
    'pause',
    'setCanaryScale',
    'analysis',
    'experiment',
    'setHeaderRoute',
    'setMirrorRoute',
    'plugin',
  ]),
  ...list('Routers', 'router', [
    'istio',
    'nginx',
    'alb',
    'smi',
    'ambassador',
    'appMesh',
    'traefik',
    'apisix',
    'argoproj-labs/gatewayAPI',
  ]),
  ...refused('Routers', 'router', noPlugins, ['plugins']),
  ...list('Conditions', 'condition', [
    'Rollout.InvalidSpec',
    'Rollout.Available',
    'Rollout.Progressing',
    'Rollout.ReplicaFailure',
    'Rollout.Paused',
    'Rollout.Completed',
    'Rollout.Healthy',
    'Experiment.InvalidSpec',
    'Experiment.Completed',
    'Experiment.Progressing',
    'Experiment.Running',
    'Experiment.ReplicaFailure',
  ]),
  ...list('Phases', 'phase', ['Healthy', 'Degraded', 'Progressing', 'Paused']),
  ...list('Patch protocol', 'verb', [
    'promote',
    'promote-full',
    'pause',
    'resume',
    'abort',
    'retry',
    'undo',
    'restart',
    'skip-current',
    'skip-all',
    'promote-inconclusive',
    'terminate',
  ]),
  ...list('Event reasons', 'event', [
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
    'TrafficWeightUpdated',
    'SkipSteps',
    'ExperimentCreated',
    'AnalysisRunPending',
    'AnalysisRunRunning',
    'AnalysisRunSuccessful',
    'AnalysisRunFailed',
    'AnalysisRunError',
    'AnalysisRunInconclusive',
    'MetricSuccessful',
    'MetricFailed',
    'MetricError',
    'MetricInconclusive',
    'TemplateProgressing',
    'TemplateRunning',
    'TemplateSuccessful',
    'TemplateFailed',
    'TemplateError',
    'ExperimentPending',
    'ExperimentRunning',
    'ExperimentSuccessful',
    'ExperimentFailed',
    'ExperimentError',
    'ExperimentInconclusive',
    'AnalysisRunTerminating',
    'StepPluginTransition',
  ]),
  ...refused(
    'Event reasons',
    'event',
    'not sent: status.waiting and events of our own name the router and what it lacks',
    ['TrafficRoutingError', 'WeightVerifyError', 'PatchingALBIngress'],
  ),
  ...refused(
    'Event reasons',
    'event',
    'not sent: what stops a pass is retried, logged and, where it lasts, told as a wait',
    ['ReconciliationError'],
  ),
  ...refused('Event reasons', 'event', 'not sent: a template is tried by a dry run first and refused as InvalidSpec', [
    'ReplicaSetCreateError',
  ]),
  ...refused('Event reasons', 'event', 'not sent: an event on an object that is gone would be read by nobody', [
    'RolloutDeleted',
  ]),
  ...refused('Event reasons', 'event', noAws, [
    'TargetGroupVerified',
    'TargetGroupUnverified',
    'TargetGroupVerifyError',
    'LoadBalancerNotFound',
  ]),
  ...list('Labels', 'label', [
    'rollouts-pod-template-hash',
    'argo-rollouts.argoproj.io/controller-instance-id',
    'rollout-type',
    'step-index',
    'analysisrun.argoproj.io/uid',
  ]),
  ...list('Annotations', 'annotation', [
    'rollout.argoproj.io/revision',
    'rollout.argoproj.io/revision-history',
    'rollout.argoproj.io/desired-replicas',
    'rollout.argoproj.io/ephemeral-metadata',
    'rollout.argoproj.io/workload-generation',
    'scale-down-deadline',
    'argo-rollouts.argoproj.io/managed-by-rollouts',
    'rollouts.argoproj.io/managed-alb-annotations',
    'analysisrun.argoproj.io/name',
    'analysisrun.argoproj.io/metric-name',
  ]),
];
