/** What Argo Rollouts keeps up in objects beside its status, so that its tools and the other controller read what they expect. */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { RolloutEffect } from './effects.ts';
import { annotation, refTo, type Scene } from './scene.ts';

/** Nothing outside argoproj.io: there the CRD has the default, and no one compares the annotation. */
export function argoBookkeeping(scene: Scene): readonly RolloutEffect[] {
  const { rollout, dialect, problems } = scene.observed;
  if (!isArgo(dialect) || problems.length > 0) return [];
  // Autoscalers read spec.replicas by the scale subresource and stand still without it (argo-rollouts.md 1.1).
  const unset: RolloutEffect[] =
    rollout.spec.replicas === undefined
      ? [{ kind: 'Patch', target: refTo(rollout), patch: { spec: { replicas: 1 } }, tells: [] }]
      : [];
  return [...unset, ...desiredReplicas(scene)];
}

/** A scale event that left a size as it was is noted on the ReplicaSet all the same (argo-rollouts.md 2.2). */
function desiredReplicas(scene: Scene): readonly RolloutEffect[] {
  const { keys } = scene.observed;
  const sets = [...new Set([scene.current, scene.stable])].filter((set) => set !== undefined && set.replicas > 0);
  const wanted = String(scene.replicas);
  return sets.flatMap((set) =>
    set === undefined || annotation(set, keys.desiredReplicas) === wanted
      ? []
      : [{ kind: 'Annotate', target: refTo(set), set: { [keys.desiredReplicas]: wanted }, tells: [] } as const],
  );
}
