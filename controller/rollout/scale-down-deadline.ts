/**
 * The scale-down-deadline annotation: in argoproj.io an aborted canary gets it once stable is fully available, and a
 * revision that has a role again loses it, so that it never goes by a deadline of an earlier life.
 */

import type { RolloutEffect } from './effects.ts';
import { effects, type Moves, noMoves, waitFor } from './moves.ts';
import type { ReplicaSetView } from './observed.ts';
import { type Annotate, scaleDownDeadline, scaleTo, setDeadline } from './replica-sets.ts';
import { abortDrainMs, available, drainMs, isWhole, refTo, type Scene } from './scene.ts';
import { waitForPods } from './services.ts';

/** Takes the deadline off the ReplicaSets that have a role now; `also` are effects of the pass that may do so already. */
export function withoutDeadline(
  scene: Scene,
  sets: readonly (ReplicaSetView | undefined)[],
  also: readonly Annotate[] = [],
): readonly RolloutEffect[] {
  const { keys } = scene.observed;
  const touched = new Set<string | undefined>(also.map((one) => one.target.uid));
  return [...new Set(sets)]
    .filter((set) => set !== undefined)
    .filter((set) => set.metadata.annotations?.[keys.scaleDownDeadline] !== undefined)
    .filter((set) => !touched.has(set.metadata.uid))
    .map((set) => ({ kind: 'Annotate', target: refTo(set), set: { [keys.scaleDownDeadline]: null }, tells: [] }));
}

/** One pass of giving up `left` after an abort in argoproj.io (argo-rollouts.md 2.6). */
export function drainByAnnotation(scene: Scene, left: readonly ReplicaSetView[]): Moves {
  const { now } = scene;
  const { keys } = scene.observed;
  const deadlines = left.flatMap((set) => scaleDownDeadline(set, keys) ?? []);
  const open = left.filter((set) => scaleDownDeadline(set, keys) === undefined);
  if (open.length > 0) return openDeadlines(scene, open);
  const until = Math.max(...deadlines);
  if (until <= now) return effects(...left.flatMap((set) => scaleTo(scene, set, 0)));
  const on = left.map(({ metadata }) => `ReplicaSet/${metadata.name}`).join(', ');
  return waitFor({
    reason: 'Draining',
    on,
    until,
    moves: 'Its pods are removed when the drain of open requests ends.',
  });
}

function openDeadlines(scene: Scene, open: readonly ReplicaSetView[]): Moves {
  const { observed, now, replicas, stable } = scene;
  if (!isWhole(stable, replicas)) return waitForPods(scene, scene.stableHash, available(stable), replicas);
  const delayMs = abortDrainMs(scene);
  // A delay of 0, set in the meantime, means that the pods stay.
  if (delayMs === undefined) return { ...noMoves, event: { type: 'settled' } };
  // Its delay is the aborted revision's; one that was superseded before goes as every old revision does.
  const delayOf = ({ podHash }: ReplicaSetView) => (podHash === scene.currentHash ? delayMs : drainMs(scene));
  return effects(...open.map((set) => setDeadline(set, observed.keys, now + delayOf(set))));
}
