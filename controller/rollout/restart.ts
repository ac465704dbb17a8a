/**
 * spec.restartAt: pods that were created before it are evicted, stable ones first, a few at a time, whatever else the
 * Rollout waits for (argo-rollouts.md 2.12). The eviction API keeps to disruption budgets; a refusal is tried again later.
 */

import { desiredReplicas } from '../../crds/schema/defaults.ts';
import { resolveIntOrPercent } from '../../crds/schema/int-or-string.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutEffect } from './effects.ts';
import { fact } from './facts.ts';
import { type Moves, noMoves, together, waitFor } from './moves.ts';
import type { PodView, ReplicaSetView } from './observed.ts';
import { isPodOf, refTo, type Scene } from './scene.ts';
import { instantOf } from './time-text.ts';

/** `moves` has nothing to write. Restarting comes on top of what it waits for. */
export function restart(scene: Scene, moves: Moves): Moves {
  const { restartAt } = scene.observed.rollout.spec;
  const at = instantOf(restartAt);
  if (restartAt === undefined || at === undefined || scene.state === 'new') return moves;
  if (instantOf(scene.status.restartedAt) === at) return moves;
  if (at > scene.now) return together(moves, { ...noMoves, lookAgainAt: at });
  const sets = inOrder(scene);
  const old = sets.flatMap((set) => podsBefore(scene, set, at));
  const [first] = old;
  if (first === undefined) return together(moves, { ...noMoves, patch: { restartedAt: restartAt } });
  const wait = restartWait(restartAt, first, old.length);
  // What is under way is said first, so that a budget which refuses every eviction does not leave it unsaid.
  if (scene.status.waiting?.reason !== 'Restarting') return together(wait, moves, { ...noMoves, patch: {} });
  return together({ ...noMoves, effects: evictions(scene, sets, old) }, wait, moves);
}

/** Stable, then current, then what is left of others. */
function inOrder({ stable, current, others }: Scene): readonly ReplicaSetView[] {
  const second = current === stable ? undefined : current;
  return [stable, second, ...others].filter((set) => set !== undefined);
}

function podsOf(scene: Scene, set: ReplicaSetView): readonly PodView[] {
  return scene.observed.pods.filter((pod) => isPodOf(pod, set) && !pod.leaving);
}

/** Creation times are whole seconds, so the moment itself is too. */
function podsBefore(scene: Scene, set: ReplicaSetView, at: number): readonly PodView[] {
  const limit = Math.floor(at / 1000) * 1000;
  const isOld = (pod: PodView) => Number(instantOf(pod.metadata.creationTimestamp)) < limit;
  return podsOf(scene, set)
    .filter(isOld)
    .sort((one, other) => one.metadata.name.localeCompare(other.metadata.name));
}

/** A pod that is not ready costs nothing; of the others as many as may be missing beyond those that are. */
function evictions(scene: Scene, sets: readonly ReplicaSetView[], old: readonly PodView[]): readonly RolloutEffect[] {
  const missing = sets.reduce((sum, set) => sum + Math.max(0, set.replicas - availableNow(scene, set)), 0);
  const allowed = Math.max(0, mayBeMissing(scene.observed.rollout) - missing);
  const broken = old.filter((pod) => !pod.ready);
  const good = old.filter((pod) => pod.ready).slice(0, allowed);
  return [...broken, ...good].map((pod) => ({
    kind: 'Evict',
    target: refTo(pod),
    tells: [fact(scene.now, 'PodEvicted', `Evicted pod ${pod.metadata.name}, which is older than spec.restartAt`)],
  }));
}

/** By pods as well, since the ReplicaSet's status is told of an eviction later than the pod itself. */
function availableNow(scene: Scene, set: ReplicaSetView): number {
  const ready = podsOf(scene, set).filter((pod) => pod.ready).length;
  return Math.min(set.status.available, set.replicas, ready);
}

/** How many pods may be missing while pods are restarted: at least one, or nothing would ever move. */
export function mayBeMissing(rollout: Rollout): number {
  const { canary, blueGreen } = rollout.spec.strategy;
  const limit = (blueGreen ?? canary)?.maxUnavailable ?? '25%';
  return Math.max(1, resolveIntOrPercent(limit, desiredReplicas(rollout), 'down') ?? 0);
}

function restartWait(restartAt: string, first: PodView, count: number): Moves {
  return waitFor({
    reason: 'Restarting',
    on: `Pod/${first.metadata.name}`,
    value: `${count} older pods`,
    limit: `created after ${restartAt}`,
    moves: 'Older pods are evicted a few at a time; what a PodDisruptionBudget refuses is tried again after 30 s.',
  });
}
