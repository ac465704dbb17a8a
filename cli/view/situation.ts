/** Where a Rollout stands, in one word, and which verbs make sense there. Pure. */

import { promotionPause } from '../../crds/schema/defaults.ts';
import type { CommandVerb } from '../../crds/schema/keys.ts';
import { isGate } from './step-text.ts';
import { decisionsOf, isObserved, isSeen, type Scene, statusOf } from './scene.ts';

export type Situation =
  /** The controller has not seen the newest spec yet. */
  | 'unobserved'
  /** The spec cannot be used. */
  | 'invalid'
  /** The current revision was given up; stable serves. */
  | 'aborted'
  /** The current revision is the stable one. */
  | 'settled'
  /** A person paused it: by spec.paused or by the pause command. */
  | 'paused'
  /** Stands at a pause, timed or not, or after an inconclusive analysis. */
  | 'waiting'
  | 'progressing';

type Looked = Pick<Scene, 'rollout' | 'runs'>;

export function situationOf(scene: Looked): Situation {
  const { rollout } = scene;
  const status = statusOf(rollout);
  // A spec that was unusable from the start never got a pod hash, but it was looked at.
  if (isSeen(rollout) && conditionTrue(scene, 'InvalidSpec')) return 'invalid';
  if (!isObserved(rollout)) return 'unobserved';
  if (isAborted(scene)) return 'aborted';
  if (status.stableRS !== undefined && status.stableRS !== '' && status.stableRS === status.currentPodHash)
    return 'settled';
  if (pausedBy(scene) !== undefined) return 'paused';
  return (status.pauseConditions ?? []).length > 0 ? 'waiting' : 'progressing';
}

export function isAborted(scene: Looked): boolean {
  const status = statusOf(scene.rollout);
  const { verdict } = decisionsOf(scene);
  return status.abort === true || (verdict !== undefined && verdict.podHash === status.currentPodHash);
}

export function conditionTrue({ rollout }: Pick<Scene, 'rollout'>, type: string): boolean {
  return (statusOf(rollout).conditions ?? []).some(
    (condition) => condition.type === type && condition.status === 'True',
  );
}

export function isStuck({ rollout }: Pick<Scene, 'rollout'>): boolean {
  return (statusOf(rollout).conditions ?? []).some(({ reason }) => reason === 'ProgressDeadlineExceeded');
}

/** True when only a person moves it on: a pause without end, an inconclusive analysis, a pause by hand. */
export function needsPerson(scene: Looked): boolean {
  const { rollout } = scene;
  const situation = situationOf(scene);
  if (situation === 'paused') return true;
  if (situation !== 'waiting') return decisionsOf(scene).waiting?.on === 'user' && situation === 'progressing';
  const reasons = (statusOf(rollout).pauseConditions ?? []).map((condition) => condition.reason);
  const { blueGreen } = rollout.spec.strategy;
  if (blueGreen !== undefined && reasons.every((reason) => reason === 'BlueGreenPause'))
    return promotionPause(blueGreen) === 'person';
  if (reasons.some((reason) => reason !== 'CanaryPauseStep')) return true;
  return isGate(rollout.spec.strategy.canary?.steps?.[statusOf(rollout).currentStepIndex ?? 0]);
}

/** Why a verb makes no sense now, as a sentence that says what to do instead; undefined when it does. */
export function refusal(verb: CommandVerb, scene: Looked): string | undefined {
  const { name } = scene.rollout.metadata;
  const situation = situationOf(scene);
  if (situation === 'unobserved') {
    return `Rollout ${name}: the controller has not looked at the newest spec yet; wait a moment and try again, or check that the controller runs`;
  }
  switch (verb) {
    case 'promote':
      if (pausedBy(scene) === 'manifest') return pausedInManifest(name);
      if (situation === 'aborted') return `Rollout ${name} is aborted: start it again with retry, or release a fix`;
      return situation === 'settled' ? nothingInProgress(scene, 'promote') : undefined;
    case 'promote-full':
      return situation === 'settled' ? nothingInProgress(scene, 'promote') : undefined;
    case 'abort':
      if (situation === 'aborted')
        return `Rollout ${name} is aborted already: the stable revision ${stable(scene)} serves`;
      if (situation === 'settled') return nothingInProgress(scene, 'abort');
      return stable(scene) === ''
        ? `Rollout ${name} has no stable revision yet, so there is nothing to go back to`
        : undefined;
    case 'retry':
      return situation === 'aborted' ? undefined : `Rollout ${name} is not aborted, so there is nothing to retry`;
    case 'pause':
      return pausedBy(scene) === undefined ? undefined : `Rollout ${name} is paused already`;
    case 'resume':
      return resumeRefusal(scene);
  }
}

/** The verbs a person may use now, the most likely first. */
export function legalVerbs(scene: Looked): readonly CommandVerb[] {
  const all = ['promote', 'resume', 'retry', 'promote-full', 'pause', 'abort'] as const;
  return all.filter((verb) => refusal(verb, scene) === undefined && isUseful(verb, scene));
}

function isUseful(verb: CommandVerb, scene: Looked): boolean {
  const situation = situationOf(scene);
  if (situation === 'settled' || situation === 'invalid') return verb === 'resume';
  if (situation === 'aborted') return verb === 'retry';
  if (verb === 'resume') return situation === 'paused';
  return verb !== 'promote' || situation !== 'paused';
}

/** The manifest pauses by spec.paused, which only the manifest takes back; a person by the pause command. */
function pausedBy({ rollout }: Looked): 'manifest' | 'command' | undefined {
  if (rollout.spec.paused === true) return 'manifest';
  return statusOf(rollout).manualPauseStartedAt === undefined ? undefined : 'command';
}

function pausedInManifest(name: string): string {
  return `Rollout ${name} is paused by its manifest: set spec.paused to false there`;
}

function resumeRefusal(scene: Looked): string | undefined {
  const { name } = scene.rollout.metadata;
  const { pauseConditions, manualPauseStartedAt } = statusOf(scene.rollout);
  if (manualPauseStartedAt !== undefined || (pauseConditions ?? []).length > 0) return undefined;
  return pausedBy(scene) === 'manifest'
    ? pausedInManifest(name)
    : `Rollout ${name} is not paused, so there is nothing to resume`;
}

function nothingInProgress(scene: Looked, verb: string): string {
  return `Rollout ${scene.rollout.metadata.name} has no release in progress: revision ${stable(scene)} is stable and current, so there is nothing to ${verb}`;
}

function stable({ rollout }: Looked): string {
  return statusOf(rollout).stableRS ?? '';
}
