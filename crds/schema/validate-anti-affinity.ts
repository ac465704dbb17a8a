/** Rules of antiAffinity (argo-rollouts.md 1.10, 18): exactly one kind, and a weight of 1 to 100. */

import type { AntiAffinity } from './canary.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';

export function antiAffinityProblems(rollout: Rollout, report: Report): Problem[] {
  const { canary, blueGreen } = rollout.spec.strategy;
  return [
    ...problemsOf(canary?.antiAffinity, 'spec.strategy.canary.antiAffinity', report),
    ...problemsOf(blueGreen?.antiAffinity, 'spec.strategy.blueGreen.antiAffinity', report),
  ];
}

function problemsOf(rule: AntiAffinity | undefined, field: string, report: Report): Problem[] {
  if (rule === undefined) return [];
  const preferred = rule.preferredDuringSchedulingIgnoredDuringExecution;
  const required = rule.requiredDuringSchedulingIgnoredDuringExecution;
  if ((preferred === undefined) === (required === undefined)) {
    const allowed =
      'exactly one of preferredDuringSchedulingIgnoredDuringExecution and requiredDuringSchedulingIgnoredDuringExecution must be set';
    return [report(field, preferred === undefined ? 'empty' : 'with both', allowed, 'keep one of them')];
  }
  const weight = preferred?.weight;
  if (weight === undefined || (weight >= 1 && weight <= 100)) return [];
  const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution.weight`;
  return [report(at, valueText(weight), 'it must be 1 to 100', 'correct it')];
}
