/** The progress deadline: it runs only while pods of the current revision are awaited, from the last progress seen. */

import { progressDeadlineMs } from '../../crds/schema/defaults.ts';
import type { RolloutCondition, RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Instant } from '../../kube/api.ts';
import { latestRun, runBackground } from './analysis.ts';
import { postPromotionPlace, prePromotionPlace } from './blue-green-places.ts';
import { previewSize } from './blue-green.ts';
import { weightAt } from './canary-steps.ts';
import { enoughPods, targetOf } from './canary-target.ts';
import { isHeldAtEnd, isHeldAtStart } from './gate-waits.ts';
import { type Moves, noMoves } from './moves.ts';
import { splitFor } from './replica-ratio.ts';
import { rollingLimits } from '../../crds/schema/defaults.ts';
import { available, isHeld, type Scene } from './scene.ts';
import { instantOf } from './time-text.ts';

export function condition(status: RolloutStatus, type: RolloutCondition['type']): RolloutCondition | undefined {
  return status.conditions?.find((one) => one.type === type);
}

/** Pods that the current revision shall have in this state; undefined where nothing is awaited of it. */
export function wantedPods(scene: Scene): number | undefined {
  const { steps, stepIndex, replicas, total } = scene;
  switch (scene.state) {
    case 'deploying':
      return replicas;
    case 'promoting':
      return scene.status.transition?.to === scene.currentHash ? replicas : undefined;
    case 'stepping': {
      if (scene.blueGreen !== undefined) return previewSize(scene);
      const weight = weightAt(steps, stepIndex, total);
      if (!scene.routed)
        return enoughPods(
          scene,
          splitFor(replicas, weight, total, rollingLimits(scene.observed.rollout).maxSurge).canary,
        );
      return targetOf(scene).enough;
    }
    case 'new':
    case 'stable':
    case 'aborting':
    case 'aborted':
    case 'superseding':
    case 'returning':
      return undefined;
  }
}

/** Steps that take as long as they take (argo-rollouts.md 2.5). */
const timelessActions = ['pause', 'analysis', 'experiment', 'plugin'] as const;

/** Waiting for pods right now, and not by anybody's wish, nor because the analysis beside the steps holds everything. */
export function awaitsPods(scene: Scene): boolean {
  const wanted = wantedPods(scene);
  if (isHeldAtStart(scene) || isHeldAtEnd(scene)) return false;
  if (wanted === undefined || isHeld(scene) || runBackground(scene).waiting !== undefined) return false;
  if (scene.blueGreen !== undefined && isTimeless(scene)) return false;
  const step = scene.state === 'stepping' ? scene.steps[scene.stepIndex] : undefined;
  if (step !== undefined && timelessActions.some((action) => step[action] !== undefined)) return false;
  return available(scene.current) < wanted;
}

/** Blue-green: paused, or an analysis has begun. */
function isTimeless(scene: Scene): boolean {
  const isPaused = (scene.status.pauseConditions ?? []).length > 0;
  return isPaused || [prePromotionPlace(scene), postPromotionPlace(scene)].some((place) => latestRun(scene, place));
}

/** When the deadline passes if nothing moves; undefined while it does not run. */
export function progressDeadline(scene: Scene): Instant | undefined {
  if (!awaitsPods(scene)) return undefined;
  const since = instantOf(condition(scene.status, 'Progressing')?.lastUpdateTime);
  return since === undefined ? undefined : since + progressDeadlineMs(scene.observed.rollout);
}

/** A look at the moment the deadline passes; one that has passed needs none, or it would be looked at for ever. */
export function deadlineTimer(scene: Scene): Moves {
  const deadline = progressDeadline(scene);
  return deadline === undefined || deadline <= scene.now ? noMoves : { ...noMoves, lookAgainAt: deadline };
}

export function isLate(scene: Scene): boolean {
  const deadline = progressDeadline(scene);
  return deadline !== undefined && deadline <= scene.now;
}
