/** spec.rollbackWindow: going back to a revision made shortly before the stable one skips the steps (argo-rollouts.md 2.11). */

import type { Keys } from '../../crds/schema/keys.ts';
import type { Observed, ReplicaSetView } from './observed.ts';
import { revisionOf } from './replica-sets.ts';
import { annotation, type Scene } from './scene.ts';
import { instantOf } from './time-text.ts';

/** True when fewer than `revisions` other ReplicaSets, those of experiments aside, were made between the two revisions. */
export function isWithinWindow(observed: Observed, to: string, stable: string | undefined): boolean {
  const { rollout, replicaSets, keys } = observed;
  const revisions = rollout.spec.rollbackWindow?.revisions;
  const [target, from] = [to, stable].map((hash) => replicaSets.find((set) => set.podHash === hash));
  if (revisions === undefined || target === undefined || from === undefined) return false;
  if (!isOlder(target, from, keys)) return false;
  const between = replicaSets.filter(
    (set) =>
      annotation(set, keys.experimentName) === undefined && isOlder(target, set, keys) && isOlder(set, from, keys),
  );
  return between.length < revisions;
}

/** True when the revision on trial is such an older one and its steps were skipped: it is not measured either. */
export function isFastRollback(scene: Scene): boolean {
  return scene.stepIndex >= scene.steps.length && isWithinWindow(scene.observed, scene.currentHash, scene.stableHash);
}

/** By creation; timestamps have a resolution of a second, so the first number that a revision had decides between equals. */
function isOlder(one: ReplicaSetView, other: ReplicaSetView, keys: Keys): boolean {
  const made = (set: ReplicaSetView) => instantOf(set.metadata.creationTimestamp) ?? 0;
  return made(one) === made(other) ? firstRevision(one, keys) < firstRevision(other, keys) : made(one) < made(other);
}

function firstRevision(set: ReplicaSetView, keys: Keys): number {
  const past = (annotation(set, keys.revisionHistory) ?? '').split(',').map(Number);
  return Math.min(revisionOf(set, keys), ...past.filter((number) => Number.isInteger(number) && number > 0));
}
