/** Which Experiment belongs to the step that a Rollout stands at, and which of its Services get weight. Pure. */

import type { StepExperiment } from '../../crds/schema/canary-steps.ts';
import type { Experiment } from '../../crds/schema/experiment.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { KubeObject } from '../../kube/api.ts';
import type { Destination } from '../traffic/router.ts';
import type { Observed } from './observed.ts';
import { finalPhases } from './analysis.ts';
import { isOfAttempt, stepOf } from './argo-runs.ts';
import { isHeld, type Scene } from './scene.ts';

/** An Experiment as the caches hold it. */
export type ExperimentView = KubeObject & Pick<Experiment, 'spec' | 'status'>;

export interface ExperimentPlace {
  readonly step: number;
  readonly experiment: StepExperiment;
}

export function isOver(experiment: ExperimentView): boolean {
  return finalPhases.has(experiment.status?.phase ?? '');
}

/** The experiment of the step that the rollout stands at; none while somebody holds it. */
export function experimentPlace(scene: Scene): ExperimentPlace | undefined {
  if (scene.state !== 'stepping' || isHeld(scene)) return undefined;
  const experiment = scene.steps[scene.stepIndex]?.experiment;
  return experiment === undefined ? undefined : { step: scene.stepIndex, experiment };
}

type Known = Pick<Observed, 'keys' | 'experiments'>;

/** Experiments of this revision, step and attempt, the newest last: nothing else decides about the step. */
export function experimentsAt(observed: Known, status: RolloutStatus, step: number): readonly ExperimentView[] {
  const { keys, experiments = [] } = observed;
  const { currentPodHash = '' } = status;
  return experiments
    .filter(
      (one) =>
        one.metadata.labels?.[keys.podTemplateHash] === currentPodHash &&
        stepOf(one, keys.stepIndex, currentPodHash) === String(step) &&
        isOfAttempt(status, one, !isOver(one) && one.spec.terminate !== true),
    )
    .toSorted((one, other) => suffix(one, step) - suffix(other, step));
}

/** The number behind `-<step>`, given after a clash of names. */
function suffix({ metadata }: ExperimentView, step: number): number {
  return Number(new RegExp(`-${step}-(\\d+)$`).exec(metadata.name)?.[1] ?? 0);
}

export function experimentOf(scene: Scene, place: ExperimentPlace): ExperimentView | undefined {
  return experimentsAt(scene.observed, scene.status, place.step).at(-1);
}

/**
 * Services of the running experiment that get weight, out of stable's share: only while it runs with all its pods, has a
 * ready endpoint behind each of them, and nobody has ended it.
 */
export function extraDestinations(
  observed: Known & Pick<Observed, 'rollout'>,
  readyBehind: (service: string, podHash: string) => number,
): readonly Destination[] {
  const status = observed.rollout.status;
  const index = status.currentStepIndex ?? 0;
  const step = observed.rollout.spec.strategy?.canary?.steps?.[index]?.experiment;
  const running = experimentsAt(observed, status, index).at(-1);
  const isCurrent = running !== undefined && status.canary?.currentExperiment === running.metadata.name;
  if (step === undefined || !isCurrent || running.status?.phase !== 'Running' || running.spec.terminate === true)
    return [];
  const extras = (step.templates ?? []).flatMap(({ name, weight = 0 }): Destination[] => {
    const { serviceName: service, podTemplateHash: podHash } =
      running.status?.templateStatuses?.find((one) => one.name === name) ?? {};
    if (weight === 0 || service === undefined || podHash === undefined) return [];
    return [{ service, role: 'extra', weight, podHash }];
  });
  const isReady = extras.every(({ service, podHash = '' }) => readyBehind(service, podHash) > 0);
  return isReady ? extras : [];
}

/** Weights that the step asks for; their Services have to be there before it counts as reached. */
export function wantsWeights({ experiment }: ExperimentPlace): boolean {
  return (experiment.templates ?? []).some(({ weight = 0 }) => weight > 0);
}

/**
 * The Experiment whose pods the Rollout still counts on: that of its step, and after that as long as the router may send
 * traffic to one of its Services. Undefined lets its pods go.
 */
export function countedOn(scene: Scene): string | undefined {
  const name = scene.status.canary?.currentExperiment;
  const experiment = scene.observed.experiments?.find((one) => one.metadata.name === name);
  const place = experimentPlace(scene) ?? heldPlace(scene);
  const isAtStep = place !== undefined && experimentsAt(scene.observed, scene.status, place.step).length === 0;
  if (name === undefined) return undefined;
  // The intent stands before the object does.
  if (experiment === undefined) return isAtStep ? name : undefined;
  const isNeeded = place !== undefined && experimentOf(scene, place) === experiment && !isOver(experiment);
  return isNeeded || mayGetTraffic(scene, experiment) ? name : undefined;
}

function heldPlace(scene: Scene): ExperimentPlace | undefined {
  const experiment = scene.state === 'stepping' ? scene.steps[scene.stepIndex]?.experiment : undefined;
  return experiment === undefined ? undefined : { step: scene.stepIndex, experiment };
}

/** By the weights that are written, until the router confirmed that there are none. */
function mayGetTraffic(scene: Scene, { spec, metadata, status }: ExperimentView): boolean {
  const { traffic } = scene.observed;
  if (traffic === undefined || spec.templates.every(({ service }) => service === undefined)) return false;
  const { written, lowest, confirmed } = traffic.state;
  const names = new Set([
    ...(status?.templateStatuses ?? []).flatMap(({ serviceName }) => serviceName ?? []),
    ...spec.templates.map(({ name, service }) => service?.name ?? `${metadata.name}-${name}`),
  ]);
  const all = [...(written?.destinations ?? []), ...(lowest?.destinations ?? [])];
  if (all.some((one) => one.role === 'extra' && one.weight > 0 && names.has(one.service))) return true;
  return confirmed === 'no' || (confirmed === 'unknown' && traffic.router.can.has('confirm'));
}
