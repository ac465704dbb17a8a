/** Gives every wait an end: no state that is not final waits without a time at which it is looked at again. */

import type { Waiting } from '../decision.ts';
import type { Moves } from './moves.ts';
import { progressDeadline } from './progress.ts';
import type { Scene } from './scene.ts';
import { instantOf } from './time-text.ts';

/** A wait without a time of its own is looked at again after this time, whether or not anything was seen to change. */
export const lookAgainMs = 300_000;

/** Until its own time, or the progress deadline while that runs, or the next look; what a person must end has no time. */
export function bounded(scene: Scene, waiting: Waiting): Waiting {
  if (waiting.until !== undefined || waiting.on === 'user') return waiting;
  const deadline = progressDeadline(scene);
  if (deadline !== undefined && deadline > scene.now) return { ...waiting, until: deadline };
  return { ...waiting, until: knownUntil(scene, waiting) ?? scene.now + lookAgainMs };
}

/** The time that status names for the same wait, so that it stays the same until it has come. */
function knownUntil({ status, now }: Scene, { reason, on }: Waiting): number | undefined {
  const { waiting } = status;
  if (waiting?.reason !== reason || waiting.on !== on) return undefined;
  const until = instantOf(waiting.until);
  return until !== undefined && until > now ? until : undefined;
}

/** The same moves; a wait among them is bounded, and looked at again when its time has come. */
export function withBound(scene: Scene, moves: Moves): Moves {
  if (moves.waiting === undefined) return moves;
  const waiting = bounded(scene, moves.waiting);
  const until = waiting.until !== undefined && waiting.until > scene.now ? waiting.until : undefined;
  const times = [moves.lookAgainAt, until].filter((at) => at !== undefined);
  return times.length === 0 ? { ...moves, waiting } : { ...moves, waiting, lookAgainAt: Math.min(...times) };
}
