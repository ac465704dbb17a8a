/** Reads the plan: which weight and which size hold at a step, how long a pause lasts, and a step in words. */

import { pauseDurationMs } from '../../crds/schema/duration.ts';
import type { CanaryStep } from '../../crds/schema/canary-steps.ts';

export type Steps = readonly CanaryStep[];

/** Weight at a step: the last setWeight up to and including it; 0 before the first; all of it past the last step. */
export function weightAt(steps: Steps, index: number, total: number): number {
  if (index >= steps.length) return total;
  for (let at = index; at >= 0; at -= 1) {
    const weight = steps[at]?.setWeight;
    if (weight !== undefined) return Math.min(weight, total);
  }
  return 0;
}

/** Size that a setCanaryScale up to this step asks for, at least 1 where there is weight; undefined means: as the weight needs. */
export function explicitSizeAt(steps: Steps, index: number, replicas: number): number | undefined {
  if (index >= steps.length) return undefined;
  for (let at = index; at >= 0; at -= 1) {
    const scale = steps[at]?.setCanaryScale;
    if (scale === undefined) continue;
    if (scale.matchTrafficWeight === true) return undefined;
    const size =
      scale.replicas ?? (scale.weight === undefined ? undefined : Math.ceil((replicas * scale.weight) / 100));
    return size === undefined ? undefined : Math.max(size, weightAt(steps, index, 1) > 0 ? Math.min(1, replicas) : 0);
  }
  return undefined;
}

/** Pods a revision needs for a weight: the rounded-up share of all pods, at least 1 for any weight above 0. */
export function podsFor(weight: number, replicas: number, total: number): number {
  return weight <= 0 ? 0 : Math.max(Math.min(1, replicas), Math.ceil((replicas * weight) / total));
}

/** Milliseconds of a timed pause; undefined for one that only a person ends. */
export function pauseMs(step: CanaryStep): number | undefined {
  const duration = step.pause?.duration;
  return duration === undefined ? undefined : pauseDurationMs(duration);
}

/** A step in a few words, such as `setWeight: 20` or `pause: 5m`. */
export function stepText(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`;
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`;
  if (step.setCanaryScale !== undefined) return `setCanaryScale: ${scaleText(step.setCanaryScale)}`;
  if (step.analysis !== undefined)
    return `analysis: ${(step.analysis.templates ?? []).map((one) => one.templateName ?? '').join(', ')}`;
  if (step.experiment !== undefined)
    return `experiment: ${(step.experiment.templates ?? []).map(({ name }) => name).join(', ')}`;
  if (step.plugin !== undefined) return `plugin: ${step.plugin.name}`;
  return Object.keys(step)[0] ?? 'empty step';
}

function scaleText(scale: NonNullable<CanaryStep['setCanaryScale']>): string {
  if (scale.replicas !== undefined) return `${scale.replicas} pods`;
  return scale.weight === undefined ? 'as the weight' : `${scale.weight} %`;
}
