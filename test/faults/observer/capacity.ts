/** What numbers of a spec mean: pods for a weight, the weight of a step, sizes asked for, and how many pods may be missing. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { pauseDurationMs } from '../../../crds/schema/duration.ts';
import { numberOf, objectOf, valueAt } from './read-json.ts';

export type Steps = readonly JsonObject[];

/** cap(r, w): the share of all pods rounded up, at least 1 when there is weight, 0 when no pods are wanted at all. */
export function podsFor(weight: number, replicas: number, total: number): number {
  if (weight <= 0 || replicas <= 0) return 0;
  // Weights of routes are fractions at times: a hair above a whole number of pods is that number.
  return Math.max(1, Math.ceil((replicas * weight) / total - 1e-6));
}

/** The last setWeight up to the step; 0 before the first, all past the last step. */
export function weightAt(steps: Steps, index: number, total: number): number {
  if (index >= steps.length) return total;
  for (let at = index; at >= 0; at -= 1) {
    const weight = numberOf(steps[at], 'setWeight');
    if (weight !== undefined) return Math.min(weight, total);
  }
  return 0;
}

/** Pods that a setCanaryScale up to the step asks for; undefined when they follow the weight. */
export function explicitSizeAt(steps: Steps, index: number, replicas: number): number | undefined {
  if (index >= steps.length) return undefined;
  for (let at = index; at >= 0; at -= 1) {
    const step = steps[at];
    if (step?.['setCanaryScale'] === undefined) continue;
    const scale = objectOf(step, 'setCanaryScale');
    const share = numberOf(scale, 'weight');
    return numberOf(scale, 'replicas') ?? (share === undefined ? undefined : Math.ceil((replicas * share) / 100));
  }
  return undefined;
}

/** Length of a pause step; undefined for one without a duration. */
export function pauseMsOf(step: JsonObject): number | undefined {
  const duration = valueAt(step, 'pause', 'duration');
  return typeof duration === 'string' || typeof duration === 'number' ? pauseDurationMs(duration) : undefined;
}
