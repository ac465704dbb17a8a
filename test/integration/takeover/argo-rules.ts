/**
 * What Argo Rollouts' controller relies on when it finds a Rollout (argo-rollouts.md 1.6, 1.9 and 2.1 to 2.11), as a check of
 * the objects of one namespace: the sentences it gives say what that controller would not go on from.
 */

import { argoStepHash, podTemplateHash } from '../../../controller/rollout/pod-hash.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import { fieldOf } from '../../../kube/json.ts';
import { collection, type Live, listOf, type Place } from './api.ts';
import { hashLabel } from './left-by-argo.ts';

export interface Found {
  readonly rollout: Live;
  readonly replicaSets: readonly Live[];
  readonly services: readonly Live[];
  readonly analysisRuns: readonly Live[];
  readonly experiments: readonly Live[];
}

type Rule = (found: Found) => readonly (string | false | undefined)[];

const at = (object: Json | undefined, path: string): Json | undefined =>
  fieldOf(isJsonObject(object) ? object : undefined, ...path.split('.'));
const textAt = (object: Json | undefined, path: string): string => {
  const value = at(object, path);
  return typeof value === 'string' ? value : '';
};
const listAt = (object: Json | undefined, path: string): readonly JsonObject[] => {
  const value = at(object, path);
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
};

export async function foundIn(place: Place): Promise<Found> {
  const [rollout] = await listOf(place, collection.rollouts);
  if (rollout === undefined) throw new Error(`${place.namespace} has no Rollout`);
  return {
    rollout,
    replicaSets: await listOf(place, collection.replicaSets),
    services: await listOf(place, collection.services),
    analysisRuns: await listOf(place, collection.analysisRuns),
    experiments: await listOf(place, collection.experiments),
  };
}

/** Empty when Argo's controller can go on. */
export function violations(found: Found): readonly string[] {
  return rules.flatMap((rule) => rule(found)).filter((one) => typeof one === 'string');
}

const statusFields: ReadonlySet<string> = new Set(
  (
    'abort abortedAt pauseConditions controllerPause promoteFull restartedAt currentPodHash currentStepHash stableRS ' +
    'collisionCount observedGeneration workloadObservedGeneration selector replicas updatedReplicas readyReplicas ' +
    'availableReplicas HPAReplicas currentStepIndex phase message conditions canary blueGreen alb albs rolloutStartedAt ' +
    'manualPauseStartedAt totalManualPauseDurationSeconds finishedAt completionStatus'
  ).split(' '),
);

const fields: Rule = ({ rollout }) => {
  const status = isJsonObject(rollout.status) ? rollout.status : {};
  return [
    ...Object.keys(status).map((one) => !statusFields.has(one) && `status.${one} is no field of Argo's`),
    status.observedGeneration !== String(rollout.metadata.generation) &&
      'observedGeneration is not the generation as text',
    (rollout.metadata as unknown as JsonObject).finalizers !== undefined &&
      'a finalizer would hold the Rollout for ever',
  ];
};

/** 2.1 and 2.2: the ReplicaSets that status names are found by hash, owner and labels. */
const replicaSets: Rule = (found) => {
  const { rollout } = found;
  const count = at(rollout, 'status.collisionCount');
  const template = at(rollout, 'spec.template');
  const own = podTemplateHash(isJsonObject(template) ? template : {}, typeof count === 'number' ? count : undefined);
  const revision = rollout.metadata.annotations?.['rollout.argoproj.io/revision'];
  const current = setOf(found, textAt(rollout, 'status.currentPodHash'));
  const highest = Math.max(...ofRollout(found).map((set) => Number(revisionOf(set))));
  return [
    own !== textAt(rollout, 'status.currentPodHash') && `currentPodHash is not the hash of the template (${own})`,
    ...['status.currentPodHash', 'status.stableRS'].map(
      (path) => setOf(found, textAt(rollout, path)) === undefined && `no ReplicaSet has the hash of ${path}`,
    ),
    current !== undefined &&
      revisionOf(current) !== revision &&
      'the revision of Rollout and current ReplicaSet differ',
    String(highest) !== revision && `the revision is not the highest one (${highest})`,
    ...ofRollout(found).flatMap(replicaSet),
  ];
};

function replicaSet(set: Live): readonly (string | false)[] {
  const { name, labels = {}, annotations = {} } = set.metadata;
  const hash = labels[hashLabel] ?? '';
  const owner = set.metadata.ownerReferences?.find((one) => one.controller === true);
  return [
    name !== `app-${hash}` && `${name} is not named by its hash ${hash}`,
    textAt(set, `spec.selector.matchLabels.${hashLabel}`) !== hash && `${name} does not select by its hash`,
    textAt(set, `spec.template.metadata.labels.${hashLabel}`) !== hash && `the pods of ${name} lack its hash`,
    owner?.kind !== 'Rollout' && `${name} is not controlled by the Rollout`,
    owner?.apiVersion !== 'argoproj.io/v1alpha1' && `${name} names its owner by another API version`,
    !/^\d+$/.test(annotations['rollout.argoproj.io/revision'] ?? '') && `${name} has no revision`,
    !/^\d+$/.test(annotations['rollout.argoproj.io/desired-replicas'] ?? '') && `${name} has no desired-replicas`,
  ];
}

function ofRollout({ rollout, replicaSets: all }: Found): readonly Live[] {
  return all.filter((set) => set.metadata.ownerReferences?.some((one) => one.uid === rollout.metadata.uid));
}

function setOf(found: Found, hash: string): Live | undefined {
  return ofRollout(found).find((set) => set.metadata.labels?.[hashLabel] === hash);
}

function revisionOf(set: Live): string {
  return set.metadata.annotations?.['rollout.argoproj.io/revision'] ?? '';
}

/** 2.1, 2.4 and 2.6: the plan is the known one, and the index says where it stands. */
const steps: Rule = ({ rollout }) => {
  const plan = at(rollout, 'spec.strategy.canary.steps');
  const hash = textAt(rollout, 'status.currentStepHash');
  if (at(rollout, 'spec.strategy.blueGreen') !== undefined)
    return [hash !== '' && 'currentStepHash is set with blue-green'];
  const count = Array.isArray(plan) ? plan.length : 0;
  const index = at(rollout, 'status.currentStepIndex');
  const isDone = at(rollout, 'status.stableRS') === at(rollout, 'status.currentPodHash');
  return [
    hash !== argoStepHash(plan) && 'currentStepHash is not that of the steps: Argo would start over',
    count > 0 && typeof index !== 'number' && 'currentStepIndex is missing',
    typeof index === 'number' && (index < 0 || index > count) && `currentStepIndex ${index} is out of range`,
    isDone && count > 0 && index !== count && 'stable is current, but the steps are not done',
    at(rollout, 'status.abort') === true && !isDone && count > 0 && index !== 0 && 'aborted, but not at the first step',
  ];
};

/** 2.6: controllerPause without a condition is a resume that somebody asked for. */
const pauses: Rule = ({ rollout }) => {
  const all = listAt(rollout, 'status.pauseConditions');
  const index = at(rollout, 'status.currentStepIndex');
  const plan = listAt(rollout, 'spec.strategy.canary.steps');
  const isPause = typeof index === 'number' && plan[index]?.pause !== undefined;
  const isPaused = at(rollout, 'status.controllerPause') === true;
  return [
    all.length > 0 && !isPaused && 'paused without controllerPause: Argo would not see the resume',
    all.length === 0 && isPaused && 'controllerPause without a condition: Argo would take it for a resume',
    ...all.map((one) => isNaN(Date.parse(textAt(one, 'startTime'))) && 'a pause condition has no startTime'),
    all.some((one) => one.reason === 'CanaryPauseStep') && !isPause && 'CanaryPauseStep, but the step is no pause',
  ];
};

function conditionOf(rollout: Live, type: string): JsonObject | undefined {
  return listAt(rollout, 'status.conditions').find((one) => one.type === type);
}

/** 2.4 and 2.5. */
const progressReasons: ReadonlySet<string> = new Set(
  (
    'NewReplicaSetCreated FoundNewReplicaSet ReplicaSetUpdated NewReplicaSetAvailable RolloutPaused RolloutResumed ' +
    'RolloutAborted ProgressDeadlineExceeded RolloutRetry ReplicaSetNotAvailable ReplicaSetCreateError'
  ).split(' '),
);
const conditionTypes: ReadonlySet<string> = new Set(
  'InvalidSpec Available Progressing ReplicaFailure Paused Completed Healthy'.split(' '),
);

const conditions: Rule = ({ rollout }) => {
  const said = (type: string) => textAt(conditionOf(rollout, type), 'status');
  const isDone = at(rollout, 'status.stableRS') === at(rollout, 'status.currentPodHash');
  const isPaused = listAt(rollout, 'status.pauseConditions').length > 0;
  const reason = textAt(conditionOf(rollout, 'Progressing'), 'reason');
  return [
    ...listAt(rollout, 'status.conditions').map(
      ({ type }) => !conditionTypes.has(String(type as string)) && `condition ${String(type as string)} is not Argo's`,
    ),
    !progressReasons.has(reason) && `reason ${reason} of Progressing is not Argo's`,
    textAt(conditionOf(rollout, 'Available'), 'reason') !== 'AvailableReason' && 'Available is missing',
    said('Completed') !== (isDone ? 'True' : 'False') && 'Completed does not say whether stable is current',
    isPaused && said('Paused') !== 'True' && 'paused, but condition Paused is not True',
    isPaused && reason !== 'RolloutPaused' && 'paused, but Progressing does not say so',
    textAt(rollout, 'status.phase') === 'Healthy' && said('Healthy') !== 'True' && 'condition Healthy is not True',
  ];
};

/** 2.6: an abort keeps its time; what was given up goes by its deadline with a router, and is gone without one. */
const aborts: Rule = (found) => {
  const { rollout } = found;
  if (at(rollout, 'status.abort') !== true)
    return [at(rollout, 'status.abortedAt') !== undefined && 'abortedAt is left'];
  const current = setOf(found, textAt(rollout, 'status.currentPodHash'));
  const isUp = Number(at(current, 'spec.replicas') ?? 0) > 0;
  const deadline = current?.metadata.annotations?.['scale-down-deadline'] ?? '';
  const isRouted = at(rollout, 'spec.strategy.canary.trafficRouting') !== undefined;
  return [
    isNaN(Date.parse(textAt(rollout, 'status.abortedAt'))) && 'aborted without abortedAt',
    textAt(conditionOf(rollout, 'Progressing'), 'reason') !== 'RolloutAborted' && 'Progressing does not tell the abort',
    textAt(rollout, 'status.phase') !== 'Degraded' && 'aborted, but not Degraded',
    !textAt(rollout, 'status.message').startsWith('RolloutAborted: ') && 'the message does not tell the abort',
    isUp && isRouted && isNaN(Date.parse(deadline)) && 'the aborted ReplicaSet has no deadline',
    isUp && !isRouted && 'the aborted ReplicaSet still has pods',
  ];
};

/** 2.8: Services select revisions that exist, and name the Rollout. */
const services: Rule = (found) => {
  const strategy = at(found.rollout, 'spec.strategy');
  const names = ['canary.stableService', 'canary.canaryService', 'blueGreen.activeService', 'blueGreen.previewService'];
  return names.flatMap((path) => {
    const name = textAt(strategy, path);
    const one = found.services.find((service) => service.metadata.name === name);
    if (one === undefined) return [name !== '' && `Service ${name} is missing`];
    const hash = textAt(one, `spec.selector.${hashLabel}`);
    const manager = one.metadata.annotations?.['argo-rollouts.argoproj.io/managed-by-rollouts'];
    const isLive = path === 'canary.stableService' || path === 'blueGreen.activeService';
    return [
      setOf(found, hash) === undefined && `Service ${name} selects ${hash}, which no ReplicaSet has`,
      isLive && hash !== textAt(found.rollout, 'status.stableRS') && `Service ${name} does not select stable`,
      manager !== 'app' && `Service ${name} does not name its Rollout`,
    ];
  });
};

/** 2.9: Argo finds the runs under way by the names in status, and judges them by their labels. */
const runs: Rule = ({ rollout, analysisRuns, experiments }) => {
  const hash = textAt(rollout, 'status.currentPodHash');
  const revision = rollout.metadata.annotations?.['rollout.argoproj.io/revision'] ?? '';
  const index = String(at(rollout, 'status.currentStepIndex') as number | undefined);
  const base = `app-${hash}-${revision}`;
  const step = textAt(rollout, 'status.canary.currentStepAnalysisRunStatus.name');
  const run = analysisRuns.find((one) => one.metadata.name === step);
  const experiment = textAt(rollout, 'status.canary.currentExperiment');
  return [
    step !== '' && run === undefined && `AnalysisRun ${step} is missing`,
    step !== '' && !step.startsWith(`${base}-${index}`) && `AnalysisRun ${step} is not named as Argo names it`,
    run !== undefined && run.metadata.labels?.['rollout-type'] !== 'Step' && `${step} has no type`,
    run !== undefined && run.metadata.labels?.['step-index'] !== index && `${step} is of another step`,
    run !== undefined && run.metadata.labels?.[hashLabel] !== hash && `${step} is of another revision`,
    experiment !== '' &&
      !experiments.some((one) => one.metadata.name === experiment) &&
      `Experiment ${experiment} is missing`,
    experiment !== '' && !experiment.startsWith(`${base}-${index}`) && `${experiment} is not named as Argo names it`,
  ];
};

const rules: readonly Rule[] = [fields, replicaSets, steps, pauses, conditions, aborts, services, runs];
