/** A canary step in a few words. Pure. */

import type { CanaryStep } from '../../crds/schema/canary-steps.ts';
import { durationText, pauseDurationMs } from '../../crds/schema/duration.ts';

export function stepText(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `set weight ${step.setWeight}`;
  if (step.pause !== undefined) return pauseText(step.pause.duration);
  if (step.analysis !== undefined) return `analysis ${templateNames(step.analysis.templates)}`.trim();
  if (step.setCanaryScale !== undefined) return scaleText(step.setCanaryScale);
  if (step.experiment !== undefined) return 'experiment';
  if (step.setHeaderRoute !== undefined) return `header route ${step.setHeaderRoute.name ?? ''}`.trim();
  if (step.setMirrorRoute !== undefined) return `mirror route ${step.setMirrorRoute.name ?? ''}`.trim();
  if (step.plugin !== undefined) return `plugin ${step.plugin.name}`;
  return 'unknown step';
}

/** True for a pause that only a person ends. */
export function isGate(step: CanaryStep | undefined): boolean {
  return step?.pause !== undefined && step.pause.duration === undefined;
}

/** The weight that the steps up to and with `index` have set, 0 before the first. */
export function weightAt(steps: readonly CanaryStep[], index: number): number {
  const set = steps.slice(0, index + 1).flatMap((step) => (step.setWeight === undefined ? [] : [step.setWeight]));
  return set.at(-1) ?? 0;
}

function pauseText(duration: string | number | undefined): string {
  if (duration === undefined) return 'pause until promoted';
  const ms = pauseDurationMs(duration);
  return `pause ${ms === undefined ? duration : durationText(ms)}`;
}

function templateNames(templates: readonly { readonly templateName?: string | undefined }[] | undefined): string {
  return (templates ?? []).map((template) => template.templateName ?? '').join(', ');
}

function scaleText(scale: NonNullable<CanaryStep['setCanaryScale']>): string {
  if (scale.replicas !== undefined) return `canary scale ${scale.replicas} pods`;
  if (scale.weight !== undefined) return `canary scale ${scale.weight} %`;
  return 'canary scale follows the weight';
}
