/** Step plugins are named by the operator: what a Rollout may name, said where it names something else. */

import { canarySteps } from '../../crds/schema/defaults.ts';
import { objectText, reporter, valueText } from '../../crds/schema/problem.ts';
import type { SpecProblem } from './observed.ts';
import type { ParsedRollout } from './parse-rollout.ts';

interface Named {
  readonly stepPlugins?: ReadonlyMap<string, { readonly disabled: boolean }>;
}

/** The sentence lists what may be named. */
export function pluginProblems({ stepPlugins }: Named, { rollout, problems }: ParsedRollout): readonly SpecProblem[] {
  if (problems.length > 0) return [];
  const report = reporter(objectText(rollout));
  const known = [...(stepPlugins?.keys() ?? [])].toSorted().join(', ');
  const allowed = `the operator of this controller has named ${known === '' ? 'no step plugins' : `only ${known}`}`;
  const remedy = known === '' ? 'remove the step, or ask for --step-plugins-file' : 'use one of these or ask for it';
  return canarySteps(rollout).flatMap(({ plugin }, index): SpecProblem[] => {
    if (plugin === undefined || stepPlugins?.has(plugin.name)) return [];
    const field = `spec.strategy.canary.steps[${index}].plugin.name`;
    // What is under way goes back to stable when the operator takes a plugin away.
    return [{ scope: 'forward', field, message: report(field, valueText(plugin.name), allowed, remedy).message }];
  });
}
