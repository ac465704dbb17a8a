/** Every label and annotation key that Tidegate reads or writes, by dialect. No other file spells one out. */

import { isArgo, type Dialect } from './dialect.ts';

/** Keys that stay under tidegate.io in both dialects. */
export const ownKeys = {
  /** Annotation: random token of the leader that last took the object over; compared for equality only. */
  term: 'tidegate.io/term',
  /** Label: uid of the GitSync that applied the object. */
  gitSync: 'tidegate.io/git-sync',
  /** Annotation: name of that GitSync, for people. */
  gitSyncName: 'tidegate.io/git-sync-name',
  /** Annotation: name of the Release that applied the object last. */
  release: 'tidegate.io/release',
  /** Annotation: commit of that release. */
  commit: 'tidegate.io/commit',
  /** Annotation on a ConfigMap or Secret: pods read it live, make no copy per revision. */
  configLive: 'tidegate.io/config-live',
  /** Label on a copy: plain name of the ConfigMap or Secret it was made from. */
  configCopyOf: 'tidegate.io/config-copy-of',
  /** Annotation on a copy: full digest of its content. */
  configDigest: 'tidegate.io/config-digest',
  /** Annotation on a Rollout: name of the Rollout whose ReplicaSets and Services it takes over. */
  renamedFrom: 'tidegate.io/renamed-from',
  /** Annotation on a Rollout: uid of the Deployment whose ReplicaSets it took over, and which stays as a paused hull. */
  adopted: 'tidegate.io/adopted',
  /** Annotation on such a Rollout: "asked" or "held" while ReplicaSets change hands, and the controller keeps away. */
  adopting: 'tidegate.io/adopting',
  /** Annotation on a Rollout: "true" means that its failure never reverts Git. */
  noAutoRevert: 'tidegate.io/no-auto-revert',
  /** Annotation on a GitRevert: "true" lets it go on although a limit on reverts holds it. */
  proceed: 'tidegate.io/proceed',
  /** Annotation on a GitSync: a token; a new value asks for a fetch now. */
  syncRequestedAt: 'tidegate.io/sync-requested-at',
  /** Label on a RolloutRun: name of its Rollout. */
  rollout: 'tidegate.io/rollout',
  /** Label on a RolloutRun: "true" once it is finished. */
  finished: 'tidegate.io/finished',
  /** Annotation on an AnalysisRun: attempt of the revision it judges, a decimal number. */
  attempt: 'tidegate.io/attempt',
  /** Annotation on a Contour HTTPProxy: conditions of the routes that header steps made, by Rollout. */
  contourRoutes: 'tidegate.io/contour-managed-routes',
  /** Finalizer on Rollout and GitSync: traffic is settled before the object goes. */
  finalizer: 'tidegate.io/settle',
} as const;

/** On every ReplicaSet of a Rollout, whatever its selector goes by. */
export const podTemplateHashLabel = 'rollouts-pod-template-hash';
/** The same of a Deployment's ReplicaSets, which an adopted workload keeps. */
export const deploymentHashLabel = 'pod-template-hash';

function dialectKeys(dialect: Dialect) {
  const argo = isArgo(dialect);
  const prefixed = (argoPrefix: string, name: string) => `${argo ? argoPrefix : dialect.group}/${name}`;
  const plain = (name: string) => (argo ? name : `${dialect.group}/${name}`);
  return {
    /** Label: hash of the pod template. Equal in both dialects, so that Services and pods match either way. */
    podTemplateHash: podTemplateHashLabel as string,
    revision: prefixed('rollout.argoproj.io', 'revision'),
    revisionHistory: prefixed('rollout.argoproj.io', 'revision-history'),
    desiredReplicas: prefixed('rollout.argoproj.io', 'desired-replicas'),
    ephemeralMetadata: prefixed('rollout.argoproj.io', 'ephemeral-metadata'),
    workloadGeneration: prefixed('rollout.argoproj.io', 'workload-generation'),
    /** Annotation on a ReplicaSet, RFC 3339: not scaled down before. */
    scaleDownDeadline: plain('scale-down-deadline'),
    /** Annotation on a Service: name of the Rollout that switches its selector. */
    managedByRollouts: prefixed('argo-rollouts.argoproj.io', 'managed-by-rollouts'),
    /** Label: which of several controllers serves the object. */
    instanceId: prefixed('argo-rollouts.argoproj.io', 'controller-instance-id'),
    restartedAfter: prefixed('argo-rollouts.argoproj.io', 'restarted-after'),
    managedAlbActions: prefixed('rollouts.argoproj.io', 'managed-alb-actions'),
    managedAlbAnnotations: prefixed('rollouts.argoproj.io', 'managed-alb-annotations'),
    experimentName: argo ? 'experiment.argoproj.io/name' : `${dialect.group}/experiment-name`,
    experimentTemplateName: argo ? 'experiment.argoproj.io/template-name' : `${dialect.group}/experiment-template-name`,
    analysisRunUid: argo ? 'analysisrun.argoproj.io/uid' : `${dialect.group}/analysisrun-uid`,
    analysisRunName: argo ? 'analysisrun.argoproj.io/name' : `${dialect.group}/analysisrun-name`,
    analysisRunNamespace: argo ? 'analysisrun.argoproj.io/namespace' : `${dialect.group}/analysisrun-namespace`,
    analysisRunMetricName: argo ? 'analysisrun.argoproj.io/metric-name' : `${dialect.group}/analysisrun-metric-name`,
    /** Label on an AnalysisRun: Step, Background, PrePromotion, PostPromotion or Bake. */
    rolloutType: plain('rollout-type'),
    /** Label on an AnalysisRun of a step: index of the step. */
    stepIndex: plain('step-index'),
  } as const;
}

function commandKeys(dialect: Dialect) {
  const key = (name: string) => `${dialect.group}/${name}`;
  return {
    /** Annotation on a Rollout: one of `commandVerbs`. */
    command: key('command'),
    /** A new id is a new command; one outcome per id. */
    commandId: key('command-id'),
    /** Pod hash or revision number the command is meant for; refused when another one is current. */
    commandRevision: key('command-revision'),
    /** Step index the command is meant for. */
    commandStep: key('command-step'),
    commandActor: key('command-actor'),
    commandReason: key('command-reason'),
    /** "true" with abort: the cluster goes back, Git is left alone. */
    commandKeepGit: key('command-keep-git'),
  } as const;
}

/** Argo Rollouts' keys in its own group, the same names under `tidegate.io/` otherwise. */
export function keys(dialect: Dialect) {
  return { ...ownKeys, ...dialectKeys(dialect), ...commandKeys(dialect) };
}

export type Keys = ReturnType<typeof keys>;

/** What a command annotation may say. */
export const commandVerbs = ['promote', 'promote-full', 'pause', 'resume', 'abort', 'retry'] as const;

export type CommandVerb = (typeof commandVerbs)[number];

/** Values of the `rolloutType` label. */
export const analysisTypes = ['Step', 'Background', 'PrePromotion', 'PostPromotion', 'Bake'] as const;

export type AnalysisType = (typeof analysisTypes)[number];
