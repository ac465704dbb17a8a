/** Several templates of one analysis become one set of metrics and arguments. */

import type { AnalysisTemplate, Argument, ClusterAnalysisTemplate } from './analysis-template.ts';
import type { Metric } from './metric.ts';
import type { DryRun, MeasurementRetention } from './rollout-analysis.ts';

export type AnyTemplate = AnalysisTemplate | ClusterAnalysisTemplate;

export interface MergedChecks {
  readonly metrics: readonly Metric[];
  readonly args: readonly Argument[];
  readonly dryRun: readonly DryRun[];
  readonly measurementRetention: readonly MeasurementRetention[];
  /** Names that more than one template gives a metric. */
  readonly duplicateMetrics: readonly string[];
  /** Names of arguments for which two templates give different values. */
  readonly conflictingArgs: readonly string[];
}

function hasSource(arg: Argument): boolean {
  return arg.value !== undefined || arg.valueFrom !== undefined;
}

/** The declaration that wins: one with a value before one without; `conflict` when both have different ones. */
function mergeArgument(known: Argument | undefined, next: Argument): { arg: Argument; conflict: boolean } {
  if (known === undefined || !hasSource(known)) return { arg: next, conflict: false };
  const differs =
    hasSource(next) && JSON.stringify([known.value, known.valueFrom]) !== JSON.stringify([next.value, next.valueFrom]);
  return { arg: known, conflict: differs };
}

/** Metrics, dry runs and retentions one after the other, arguments by name. Nested templates must be expanded before. */
export function mergeTemplates(templates: readonly AnyTemplate[]): MergedChecks {
  const metrics = templates.flatMap((template) => template.spec.metrics ?? []);
  const names = metrics.map((metric) => metric.name);
  const args = new Map<string, Argument>();
  const conflicts = new Set<string>();
  for (const next of templates.flatMap((template) => template.spec.args ?? [])) {
    const { arg, conflict } = mergeArgument(args.get(next.name), next);
    args.set(next.name, arg);
    if (conflict) conflicts.add(next.name);
  }
  return {
    metrics,
    args: [...args.values()],
    dryRun: templates.flatMap((template) => template.spec.dryRun ?? []),
    measurementRetention: templates.flatMap((template) => template.spec.measurementRetention ?? []),
    duplicateMetrics: [...new Set(names.filter((name, index) => names.indexOf(name) !== index))],
    conflictingArgs: [...conflicts],
  };
}
