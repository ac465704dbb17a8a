/** The pause before the switch of the active Service: until a person promotes, or for autoPromotionSeconds. */

import { promotionPause } from '../../crds/schema/defaults.ts';
import { durationText } from '../../crds/schema/duration.ts';
import { fact } from './facts.ts';
import { noMoves, waitFor } from './moves.ts';
import { enterPause, isResumed, pauseCondition, type PauseOutcome } from './pause.ts';
import type { Scene } from './scene.ts';
import { instantOf } from './time-text.ts';

/** Entered once the preview is whole and its analysis has passed; over without having been when there is none. */
export function switchPause(scene: Scene): PauseOutcome {
  if (isResumed(scene.status)) return { kind: 'over' };
  const condition = pauseCondition(scene, 'BlueGreenPause');
  const pause = promotionPause(scene.blueGreen);
  if (pause === 'none') return { kind: 'over' };
  if (condition === undefined) return { kind: 'on', moves: { ...noMoves, ...enterPause(scene, 'BlueGreenPause') } };
  if (pause === 'person') return { kind: 'on', moves: untilPerson() };
  const until = (instantOf(condition.startTime) ?? scene.now) + pause;
  if (until <= scene.now) return { kind: 'over' };
  const moves = `The active Service is switched by itself after ${durationText(pause)}, or when somebody promotes it.`;
  return { kind: 'on', moves: waitFor({ reason: 'BlueGreenPause', on: 'time', until, moves }) };
}

function untilPerson() {
  const moves = 'The active Service is switched when somebody promotes it.';
  return waitFor({ reason: 'BlueGreenPause', on: 'user', moves });
}

/** What is told at the end of a pause that was entered. */
export function resumedFacts(scene: Scene) {
  const wasPaused = scene.status.controllerPause === true;
  return wasPaused ? [fact(scene.now, 'RolloutResumed', 'Resumed')] : [];
}
