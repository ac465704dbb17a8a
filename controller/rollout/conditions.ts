/** The conditions of a Rollout (argo-rollouts.md 2.5). A condition that says the same keeps its times. */

import { desiredReplicas, progressDeadlineMs, rollingLimits } from '../../crds/schema/defaults.ts';
import { durationText } from '../../crds/schema/duration.ts';
import type { RolloutCondition, RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import { attemptOf } from './attempt.ts';
import { kstatusConditions } from './kstatus.ts';
import { condition, isLate } from './progress.ts';
import { isHeld, type Scene } from './scene.ts';
import { timeText } from './time-text.ts';

type Said = Pick<RolloutCondition, 'type' | 'status' | 'reason' | 'message'> & { readonly isProgress?: boolean };

/** `scene` is built from the next status, `before` is the stored one. Types that are not said any more go. */
export function conditionsOf(scene: Scene, before: RolloutStatus): RolloutCondition[] {
  const progress = progressing(scene, before);
  const said: readonly (Said | undefined)[] = [
    availability(scene),
    progress,
    paused(scene, before),
    completed(scene),
    replicaFailure(scene),
  ];
  return said.flatMap((one) => (one === undefined ? [] : [dated(scene, before, one)]));
}

function dated(scene: Scene, before: RolloutStatus, said: Said): RolloutCondition {
  const { isProgress, ...next } = said;
  const old = condition(before, said.type);
  const now = timeText(scene.now);
  const isSame = old?.status === next.status && old.reason === next.reason && old.message === next.message;
  if (old && isSame && !isProgress) return old;
  // The deadline counts from the last progress, so that it passed is no reason to forget when that was.
  const keepsTime = next.reason === 'ProgressDeadlineExceeded' && old?.lastUpdateTime !== undefined;
  return {
    ...next,
    lastUpdateTime: keepsTime ? old.lastUpdateTime : now,
    lastTransitionTime: old?.status === next.status ? (old.lastTransitionTime ?? now) : now,
  };
}

function availability(scene: Scene): Said {
  const least = desiredReplicas(scene.observed.rollout) - rollingLimits(scene.observed.rollout).maxUnavailable;
  const { availableReplicas = 0 } = scene.status;
  const isAvailable = availableReplicas >= least;
  return {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    reason: 'AvailableReason',
    message: isAvailable ? 'Enough pods are available' : 'Too few pods are available',
  };
}

function progressing(scene: Scene, before: RolloutStatus): Said {
  const { status } = scene;
  const type = 'Progressing';
  const name = `${scene.observed.rollout.metadata.name}-${scene.currentHash}`;
  if (status.abortedAt !== undefined)
    return {
      type,
      status: 'False',
      reason: 'RolloutAborted',
      message: status.verdict?.message ?? 'The rollout was aborted',
    };
  if (isPaused(scene)) return { type, status: 'Unknown', reason: 'RolloutPaused', message: 'The rollout is paused' };
  if (isComplete(scene))
    return { type, status: 'True', reason: 'NewReplicaSetAvailable', message: `ReplicaSet ${name} has all its pods` };
  if (isLate(scene) && !hasMovedOn(before, status)) {
    const after = durationText(progressDeadlineMs(scene.observed.rollout));
    return {
      type,
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet ${name} made no progress for ${after}`,
    };
  }
  const old = condition(before, type);
  if (before.currentPodHash !== status.currentPodHash) return begun(scene, name);
  if (attemptOf(before) !== attemptOf(status))
    return { type, status: 'Unknown', reason: 'RolloutRetry', message: 'The rollout is tried again', isProgress: true };
  const hasProgress = isProgress(before, status);
  if (old?.reason === 'RolloutPaused')
    return { type, status: 'Unknown', reason: 'RolloutResumed', message: 'The rollout goes on', isProgress: true };
  if (!hasProgress && old?.reason !== undefined && old.reason !== 'RolloutAborted') {
    const { status: value, reason, message } = old;
    return { type, status: value, reason, ...(message === undefined ? {} : { message }) };
  }
  return {
    type,
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message: `ReplicaSet ${name} is progressing`,
    isProgress: true,
  };
}

function begun(scene: Scene, name: string): Said {
  const isKnown = scene.current !== undefined;
  return {
    type: 'Progressing',
    status: 'True',
    reason: isKnown ? 'FoundNewReplicaSet' : 'NewReplicaSetCreated',
    message: isKnown ? `Found ReplicaSet ${name}` : `ReplicaSet ${name} is created`,
    isProgress: true,
  };
}

/** More pods than before, a further step, another weight: whatever shows that it is not stuck. */
function isProgress(before: RolloutStatus, after: RolloutStatus): boolean {
  const more = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') => {
    const [{ [field]: now = 0 }, { [field]: then = 0 }] = [after, before];
    return now > then;
  };
  const old = (status: RolloutStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    more('updatedReplicas') ||
    more('readyReplicas') ||
    more('availableReplicas') ||
    old(after) < old(before) ||
    after.currentStepIndex !== before.currentStepIndex ||
    after.transition?.id !== before.transition?.id ||
    after.blueGreen?.scaleUpPreviewCheckPoint !== before.blueGreen?.scaleUpPreviewCheckPoint ||
    after.blueGreen?.activeSelector !== before.blueGreen?.activeSelector ||
    after.canary?.weights?.canary.weight !== before.canary?.weights?.canary.weight
  );
}

/** However long the step before took: the deadline of what comes next begins with it. */
function hasMovedOn(before: RolloutStatus, after: RolloutStatus): boolean {
  return after.currentStepIndex !== before.currentStepIndex || after.transition?.id !== before.transition?.id;
}

function isPaused(scene: Scene): boolean {
  return isHeld(scene) || (scene.status.pauseConditions ?? []).length > 0;
}

/** Fully promoted and all pods there; traffic is settled too, since nothing is stable before. */
function isComplete(scene: Scene): boolean {
  const desired = desiredReplicas(scene.observed.rollout);
  const { updatedReplicas = 0, availableReplicas = 0 } = scene.status;
  return scene.state === 'stable' && updatedReplicas >= desired && availableReplicas >= desired;
}

function paused(scene: Scene, before: RolloutStatus): Said | undefined {
  if (isPaused(scene))
    return { type: 'Paused', status: 'True', reason: 'RolloutPaused', message: 'The rollout is paused' };
  if (condition(before, 'Paused') === undefined) return undefined;
  return { type: 'Paused', status: 'False', reason: 'RolloutPaused', message: 'The rollout is not paused' };
}

function completed(scene: Scene): Said {
  const isDone = scene.state === 'stable';
  const message = isDone ? 'The current revision is the stable one' : 'The current revision is not the stable one';
  return { type: 'Completed', status: isDone ? 'True' : 'False', reason: 'RolloutCompleted', message };
}

function replicaFailure(scene: Scene): Said | undefined {
  const failure = scene.current?.failure;
  return failure === undefined
    ? undefined
    : { type: 'ReplicaFailure', status: 'True', reason: 'ReplicaSetCreateError', message: failure };
}

/** Healthy follows the phase, so it is added once the phase is known. */
export function withHealthy(scene: Scene, before: RolloutStatus, status: RolloutStatus): RolloutStatus {
  const isHealthy = status.phase === 'Healthy';
  const healthy = dated(scene, before, {
    type: 'Healthy',
    status: isHealthy ? 'True' : 'False',
    reason: 'RolloutHealthy',
    message: isHealthy ? 'The rollout is complete and healthy' : 'The rollout is not complete or not healthy',
  });
  const judged = isArgo(scene.observed.dialect) ? [] : kstatusConditions(status);
  const ready = judged.map((one) => dated(scene, before, one));
  const { conditions = [] } = status;
  return { ...status, conditions: [...conditions, healthy, ...ready] };
}

/** True once the spec can't be used; `message` says what is wrong. */
export function invalidSpec(scene: Scene, before: RolloutStatus, message: string): RolloutCondition {
  return dated(scene, before, { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message });
}
