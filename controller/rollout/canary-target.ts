/** What a step asks of the canary: its weight, how many pods it has, how many of them must be there before the step goes on. */

import { isArgo } from '../../crds/schema/dialect.ts';
import { explicitSizeAt, podsFor, weightAt } from './canary-steps.ts';
import { isHeldAtWeight } from './gate-waits.ts';
import { available, readyBehind, type Scene } from './scene.ts';

export interface Target {
  readonly weight: number;
  readonly size: number;
  /** Ready endpoints that the weight needs. */
  readonly needs: number;
  /** Available pods that the step needs to go on; all of them unless a threshold says otherwise. */
  readonly enough: number;
}

/** An explicit size is the user's own word on what the canary needs; otherwise its share of all pods, rounded up. */
export function targetOf(scene: Scene): Target {
  const { steps, stepIndex, replicas, total } = scene;
  const weight = weightAt(steps, stepIndex, total);
  const share = podsFor(weight, replicas, total);
  const size = withFloor(scene, explicitSizeAt(steps, stepIndex, replicas) ?? Math.max(share, tested(scene)));
  // Before the first weight a gate looks at the pods.
  if (isHeldAtWeight(scene)) return { weight: 0, size, needs: 0, enough: enoughPods(scene, size) };
  const needs = weight === 0 ? 0 : Math.max(Math.min(1, replicas), Math.min(share, size));
  return { weight, size, needs, enough: enoughPods(scene, size) };
}

/**
 * An experiment is told to test the new revision, often by the canary Service: with a pod for it the Service selects that revision, and
 * not whatever stood there before, even ahead of the first weight. Argo has no pod then, and in argoproj.io neither have we.
 */
function tested({ steps, stepIndex, replicas, observed }: Scene): number {
  return steps[stepIndex]?.experiment === undefined || isArgo(observed.dialect) ? 0 : Math.min(1, replicas);
}

/** minPodsPerReplicaSet: a revision that has pods has at least so many, never more than spec.replicas for its sake. */
export function withFloor(scene: Scene, pods: number): number {
  const floor = Math.min(scene.canary.minPodsPerReplicaSet ?? 0, scene.replicas);
  return pods === 0 ? 0 : Math.max(pods, floor);
}

/** replicaProgressThreshold: a percentage rounds up, and without any pod at all no step goes on. */
export function enoughPods({ canary }: Scene, size: number): number {
  const threshold = canary.replicaProgressThreshold;
  if (threshold === undefined || size === 0) return size;
  const asked = threshold.type === 'Percent' ? Math.ceil((size * threshold.value) / 100) : threshold.value;
  return Math.min(size, Math.max(1, asked));
}

/**
 * The weight to ask for now. A threshold lets a step go on with fewer pods, but weight never exceeds what ready endpoints
 * carry: it follows them up to that of the step, and does not fall again because a pod is lost.
 */
export function weightFor(scene: Scene, target: Target, written: number): Pick<Target, 'weight' | 'needs'> {
  const { replicas, total, current, currentHash, observed } = scene;
  const ready = readyBehind(observed.canaryService, currentHash);
  const isMet = target.enough < target.size && available(current) >= target.enough;
  if (!isMet || target.weight <= written || ready >= target.needs) return target;
  const weight = Math.min(target.weight, Math.max(written, Math.floor((ready * total) / Math.max(1, replicas))));
  return { weight, needs: podsFor(weight, replicas, total) };
}
