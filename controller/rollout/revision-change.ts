/** A new pod template or a new plan: what it means for the rollout under way, before anything is written. */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { VerdictCause } from '../../crds/schema/rollout-decisions.ts';
import { verdictCauses } from '../../crds/schema/rollout-decisions.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Fact } from '../decision.ts';
import { isCarryingLive } from './blue-green-retreat.ts';
import { fact } from './facts.ts';
import { verdictOf } from './failure.ts';
import { afterEvent, hasFailed, newAttempt } from './lifecycle-status.ts';
import type { RevisionEvent } from './machine.ts';
import type { Observed } from './observed.ts';
import { isFree } from './ping-pong.ts';
import { currentRevision } from './replica-sets.ts';
import { isWithinWindow } from './rollback-window.ts';
import { type Scene, sceneOf } from './scene.ts';
import { canaryWeight } from './weights.ts';

export interface Change {
  readonly status: RolloutStatus;
  readonly facts: readonly Fact[];
}

/** The status for a template that status does not speak of yet; undefined when the template is the known one. */
export function newRevision(observed: Observed, status: RolloutStatus): Change | undefined {
  if (status.currentPodHash === observed.podHash) return undefined;
  const event = revisionEvent(observed, status);
  const next = afterEvent(status, event, {
    now: observed.now,
    podHash: observed.podHash,
    stepHash: observed.stepHash,
    steps: observed.rollout.spec.strategy?.canary?.steps?.length ?? 0,
    ...(status.currentPodHash === undefined ? {} : { from: status.currentPodHash }),
    ...(event.failedBefore ? { verdict: oldVerdict(observed, status) } : {}),
  });
  return next === undefined ? undefined : { status: next, facts: revisionFacts(observed, status, event) };
}

function revisionEvent(observed: Observed, status: RolloutStatus): RevisionEvent {
  const { podHash } = observed;
  const stableHash = status.stableRS || undefined;
  return {
    type: 'revision',
    hasStable: stableHash !== undefined,
    toStable: podHash === stableHash,
    carrying: isCarrying(sceneOf(observed, status), podHash),
    failedBefore: hasFailed(status, podHash) && podHash !== stableHash,
    isRecent: isWithinWindow(observed, podHash, stableHash),
  };
}

/**
 * True while a revision that is neither stable nor the new one may have traffic: by its pods; with a router only those of
 * the one that was being released and of the one that the canary Service selects (older ones merely wait for their
 * deadline), whatever weight is written: the router may not have confirmed it, and its drain is not over.
 */
function isCarrying(scene: Scene, podHash: string): boolean {
  if (scene.blueGreen !== undefined) return isCarryingLive(scene, podHash);
  const { replicaSets, canaryService, stableService } = scene.observed;
  const stays = [scene.stableHash, podHash];
  const leaves = replicaSets.filter((set) => !stays.includes(set.podHash) && set.replicas > 0);
  // A Service that is free by ping-pong gets no traffic: the revision behind it merely waits for its deadline, too.
  const served = [scene.status.currentPodHash, isFree(scene) ? undefined : canaryService?.podHash];
  const hasPods = leaves.some((set) => !scene.routed || served.includes(set.podHash));
  const hasWeight = canaryWeight(scene) > 0 && canaryService?.podHash !== podHash;
  const stableIsTaken = stableService?.podHash !== undefined && stableService.podHash !== scene.stableHash;
  return hasPods || hasWeight || (scene.stableHash !== undefined && stableIsTaken);
}

function revisionFacts(observed: Observed, status: RolloutStatus, event: RevisionEvent): readonly Fact[] {
  const { now, podHash, rollout } = observed;
  const revision = currentRevision(observed, podHash);
  const exists = observed.replicaSets.some((set) => set.podHash === podHash);
  const isFirst = status.currentPodHash === undefined;
  return [
    ...(isFirst ? [fact(now, 'RolloutAddedToInformer', `Rollout ${rollout.metadata.name} is looked after`)] : []),
    fact(now, 'RolloutUpdated', `The pod template is that of revision ${revision} (${podHash})`),
    ...(exists ? [fact(now, 'RolloutNotCompleted', `Started the update to revision ${revision} (${podHash})`)] : []),
    ...(event.toStable ? [fact(now, 'SkipSteps', `Revision ${podHash} is the stable one: no steps`)] : []),
    ...(isRecent(event) ? [fact(now, 'SkipSteps', `Revision ${podHash} is within spec.rollbackWindow: no steps`)] : []),
  ];
}

function isRecent({ isRecent: recent, toStable, failedBefore }: RevisionEvent): boolean {
  return recent === true && !toStable && !failedBefore;
}

/** The verdict that this revision got earlier; the record of that release knows the cause. */
function oldVerdict(observed: Observed, status: RolloutStatus) {
  const scene = sceneOf(observed, { ...status, currentPodHash: observed.podHash });
  const runs = observed.runs.filter((run) => run.spec.podHash === observed.podHash);
  const cause = runs.map((run) => run.status?.outcome?.cause).findLast(isCause) ?? 'AbortedByUser';
  return verdictOf(
    scene,
    cause,
    `Revision ${observed.podHash} failed before and is not released again without a retry`,
  );
}

function isCause(cause: string | undefined): cause is VerdictCause {
  return cause !== undefined && (verdictCauses as readonly string[]).includes(cause);
}

/** Another preset, or other arguments, with the same steps: recorded before anything is done by it. */
export function newPreset(observed: Observed, status: RolloutStatus): Change | undefined {
  const isSame = JSON.stringify(observed.preset ?? null) === JSON.stringify(status.preset ?? null);
  return isSame ? undefined : { status, facts: [] };
}

/** A changed plan starts over with the same revision, as a new attempt: no verdict of the old plan counts for the new one. */
export function newPlan(observed: Observed, status: RolloutStatus): Change | undefined {
  if ((status.currentStepHash ?? '') === observed.stepHash) return undefined;
  const steps = observed.rollout.spec.strategy?.canary?.steps?.length ?? 0;
  const known: RolloutStatus = { ...status, currentStepHash: observed.stepHash || undefined };
  // Argo Rollouts takes no hash for no change, such as with blue-green, which has no steps.
  if (isArgo(observed.dialect) && !status.currentStepHash) return { status: known, facts: [] };
  const { state } = sceneOf(observed, status);
  if (state === 'stable' || state === 'deploying' || state === 'promoting' || state === 'returning')
    return { status: { ...known, currentStepIndex: steps }, facts: [] };
  if (state === 'aborting' || state === 'aborted') return { status: { ...known, currentStepIndex: 0 }, facts: [] };
  const again = newAttempt(status);
  const { attempt } = again;
  const restart = { currentStepIndex: 0, ...again, pauseConditions: undefined, controllerPause: undefined };
  const told = fact(observed.now, 'StepsChanged', 'The steps were changed: they start over', {
    attempt: String(attempt),
  });
  return { status: { ...known, ...restart }, facts: [told] };
}
