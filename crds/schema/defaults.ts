/** What an unset field of a Rollout means: the one place that knows the defaults of both dialects. */

import type { BlueGreenStrategy } from './blue-green.ts';
import type { CanaryStep } from './canary-steps.ts';
import { type Dialect, isArgo } from './dialect.ts';
import { hasTrafficRouting } from './gateway-routes.ts';
import { resolveIntOrPercent } from './int-or-string.ts';
import type { Rollout } from './rollout.ts';

export function desiredReplicas(rollout: Rollout): number {
  return rollout.spec.replicas ?? 1;
}

export function minReadySeconds(rollout: Rollout): number {
  return rollout.spec.minReadySeconds ?? 0;
}

/** Old ReplicaSets without pods that are kept. */
export function revisionHistoryLimit(rollout: Rollout): number {
  return rollout.spec.revisionHistoryLimit ?? 10;
}

/** Finished AnalysisRuns of earlier revisions that are kept, by outcome. */
export function runHistoryLimits(rollout: Rollout): { readonly successful: number; readonly unsuccessful: number } {
  const { successfulRunHistoryLimit, unsuccessfulRunHistoryLimit } = rollout.spec.analysis ?? {};
  return { successful: successfulRunHistoryLimit ?? 5, unsuccessful: unsuccessfulRunHistoryLimit ?? 5 };
}

export function progressDeadlineMs(rollout: Rollout): number {
  return (rollout.spec.progressDeadlineSeconds ?? 600) * 1000;
}

/** Whether a passed progress deadline aborts; Argo only reports it unless asked to abort. */
export function progressDeadlineAbort(rollout: Rollout, dialect: Dialect): boolean {
  return rollout.spec.progressDeadlineAbort ?? !isArgo(dialect);
}

export function canarySteps(rollout: Pick<Rollout, 'spec'>): readonly CanaryStep[] {
  return rollout.spec.strategy.canary?.steps ?? [];
}

/** Weight that means all traffic. */
export function maxTrafficWeight(rollout: Rollout): number {
  return rollout.spec.strategy.canary?.trafficRouting?.maxTrafficWeight ?? 100;
}

/** 10 s are enough for open requests to end; Argo's users are used to 30 s. */
function unsetDelaySeconds(dialect: Dialect): number {
  return isArgo(dialect) ? 30 : 10;
}

/** Time that the old revision's pods live on after full promotion. Without a router there is nothing to drain: 0. */
export function promotionDrainMs(rollout: Rollout, dialect: Dialect): number {
  if (!hasTrafficRouting(rollout)) return 0;
  return (rollout.spec.strategy.canary?.scaleDownDelaySeconds ?? unsetDelaySeconds(dialect)) * 1000;
}

/** Time that the canary's pods live on after an abort; `keep` (a delay of 0) means until somebody acts. Without a router: 0. */
export function abortDrainMs(rollout: Rollout, dialect: Dialect): number | 'keep' {
  if (!hasTrafficRouting(rollout)) return 0;
  const seconds = rollout.spec.strategy.canary?.abortScaleDownDelaySeconds ?? unsetDelaySeconds(dialect);
  return seconds === 0 ? 'keep' : seconds * 1000;
}

/** How long a revision keeps its pods after its weight is 0 everywhere, by what took the weight away. */
export function drainDelayMs(rollout: Rollout, dialect: Dialect, after: 'promotion' | 'abort'): number | 'keep' {
  return after === 'promotion' ? promotionDrainMs(rollout, dialect) : abortDrainMs(rollout, dialect);
}

/** Pods above and below the wanted number while replacing pods; both 0 would never move, so one may then be missing. */
export function rollingLimits(rollout: Rollout): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const total = desiredReplicas(rollout);
  const { maxSurge = '25%', maxUnavailable = '25%' } = rollout.spec.strategy.canary ?? {};
  const surge = resolveIntOrPercent(maxSurge, total, 'up') ?? 0;
  const unavailable = resolveIntOrPercent(maxUnavailable, total, 'down') ?? 0;
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Time that the old revision's pods live on after the active Service was switched. */
export function blueGreenDelayMs(blueGreen: BlueGreenStrategy | undefined): number {
  return (blueGreen?.scaleDownDelaySeconds ?? 30) * 1000;
}

/** Time that the preview's pods live on after an abort; `keep` (a delay of 0) means until somebody acts. */
export function blueGreenAbortDelayMs(blueGreen: BlueGreenStrategy | undefined): number | 'keep' {
  const seconds = blueGreen?.abortScaleDownDelaySeconds ?? 30;
  return seconds === 0 ? 'keep' : seconds * 1000;
}

/** What ends the pause before the switch: nothing (there is none), a time in milliseconds, or a person. */
export function promotionPause(blueGreen: BlueGreenStrategy | undefined): 'none' | 'person' | number {
  if (blueGreen?.autoPromotionEnabled === false) return 'person';
  const seconds = blueGreen?.autoPromotionSeconds ?? 0;
  return seconds === 0 ? 'none' : seconds * 1000;
}
