/** Pauses: those of the plan, timed or until a person goes on, and those after an inconclusive analysis. */

import type { PauseCondition, PauseReason, RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { durationText } from '../../crds/schema/duration.ts';
import { pauseMs } from './canary-steps.ts';
import { fact } from './facts.ts';
import { type Moves, noMoves, waitFor } from './moves.ts';
import type { Scene } from './scene.ts';
import { instantOf, timeText } from './time-text.ts';

export type PauseOutcome = { readonly kind: 'over' } | { readonly kind: 'on'; readonly moves: Moves };

export function pauseCondition(scene: Scene, reason: PauseReason): PauseCondition | undefined {
  return scene.status.pauseConditions?.find((one) => one.reason === reason);
}

/** Somebody emptied pauseConditions while the controller had paused: that means "go on" (argo-rollouts.md 2.6). */
export function isResumed(status: RolloutStatus): boolean {
  return status.controllerPause === true && (status.pauseConditions ?? []).length === 0;
}

/** What entering a pause writes. */
export function enterPause(
  scene: Scene,
  reason: PauseReason,
): Pick<Moves, 'facts'> & { patch: Partial<RolloutStatus> } {
  const others = scene.status.pauseConditions ?? [];
  return {
    facts: [fact(scene.now, 'RolloutPaused', `Paused: ${reason}`)],
    patch: { pauseConditions: [...others, { reason, startTime: timeText(scene.now) }], controllerPause: true },
  };
}

export const leavePause: Partial<RolloutStatus> = { pauseConditions: undefined, controllerPause: undefined };

/** The pause step that the rollout stands at. Its end is a deadline computed from status, so it survives restarts. */
export function pauseStep(scene: Scene): PauseOutcome {
  if (isResumed(scene.status)) return { kind: 'over' };
  const condition = pauseCondition(scene, 'CanaryPauseStep');
  const step = scene.steps[scene.stepIndex];
  if (condition === undefined || step === undefined)
    return { kind: 'on', moves: { ...noMoves, ...enterPause(scene, 'CanaryPauseStep') } };
  const [since, lengthMs] = [instantOf(condition.startTime), pauseMs(step)];
  // A beginning that can't be read gives no end: it must not go on by itself at any time.
  if (since === undefined || lengthMs === undefined) return { kind: 'on', moves: untilPerson() };
  const until = since + lengthMs;
  return until <= scene.now ? { kind: 'over' } : { kind: 'on', moves: untilTime(until, lengthMs) };
}

/** Held by spec.paused or by the pause command. */
export function heldWait(): Moves {
  const moves = 'It goes on when spec.paused is false and no pause command holds it.';
  return waitFor({ reason: 'ManuallyPaused', on: 'user', moves });
}

function untilPerson(): Moves {
  return waitFor({ reason: 'PauseStep', on: 'user', moves: 'It goes on when somebody promotes it.' });
}

function untilTime(until: number, lengthMs: number): Moves {
  const moves = `It goes on by itself after ${durationText(lengthMs)}, or when somebody promotes it.`;
  return waitFor({ reason: 'PauseStep', on: 'time', until, moves });
}
