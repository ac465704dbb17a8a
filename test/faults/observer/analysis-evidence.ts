/** What AnalysisRuns prove: which of them are bound to (rollout uid, revision, step, attempt), and whether each of their metrics was good. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { annotationOf, labelOf, listOf, numberOf, textOf, valueAt } from './read-json.ts';
import { keys, type RolloutView } from './rollout-view.ts';

/** Runs of the current revision and attempt: of one step, or those beside the steps. */
export function boundRuns(view: RolloutView, type: 'Step' | 'Background', step?: number): readonly JsonObject[] {
  return view.runs.filter(
    (run) =>
      labelOf(run, keys.podTemplateHash) === view.current &&
      labelOf(run, keys.rolloutType) === type &&
      (step === undefined || labelOf(run, keys.stepIndex) === String(step)) &&
      annotationOf(run, keys.attempt) === String(view.attempt),
  );
}

export function phaseOf(run: JsonObject): string | undefined {
  return textOf(run, 'status', 'phase');
}

/** A run that was told to stop proves nothing. */
export function isSuccess(run: JsonObject): boolean {
  return phaseOf(run) === 'Successful' && valueAt(run, 'spec', 'terminate') !== true;
}

/** Names of the metrics that decide; those of dryRun are only watched. */
export function decidingMetrics(run: JsonObject): readonly string[] {
  const dry = listOf(run, 'spec', 'dryRun').map((one) => textOf(one, 'metricName') ?? '');
  const isDry = (name: string) =>
    dry.some((one) => one === '*' || one === name || new RegExp(`^(?:${one})$`).test(name));
  return listOf(run, 'spec', 'metrics').flatMap((metric) => {
    const name = textOf(metric, 'name') ?? '';
    return isDry(name) ? [] : [name];
  });
}

/** Good measurements of a metric so far. */
export function successesOf(run: JsonObject, metric: string): number {
  const result = listOf(run, 'status', 'metricResults').find((one) => one['name'] === metric);
  return numberOf(result, 'successful') ?? 0;
}

/** Texts of values that are no evidence, unless a condition asks about just that. */
const nothing: ReadonlySet<string> = new Set(['', '[]', 'null', 'NaN', '[NaN]']);
const asksAboutNothing = /\b(?:len|isNaN|isNil|isInf|default)\(|\bnil\b|\bnull\b|\.size\(\)/;

/** Why the run must not be called successful; undefined when each deciding metric was measured and found good. */
export function lackOfSuccess(run: JsonObject): string | undefined {
  for (const name of decidingMetrics(run)) {
    const result = listOf(run, 'status', 'metricResults').find((one) => one['name'] === name);
    const phase = textOf(result, 'phase');
    if (phase !== 'Successful') return `metric ${name} is ${phase ?? 'not measured'}`;
    if (successesOf(run, name) === 0) return `metric ${name} has no good measurement`;
    const metric = listOf(run, 'spec', 'metrics').find((one) => one['name'] === name);
    const conditions = `${textOf(metric, 'successCondition') ?? ''} ${textOf(metric, 'failureCondition') ?? ''}`;
    if (asksAboutNothing.test(conditions)) continue;
    const good = listOf(result, 'measurements').filter((one) => one['phase'] === 'Successful');
    const empty = good.map((one) => textOf(one, 'value') ?? '').find((value) => nothing.has(value));
    if (empty !== undefined) return `metric ${name} counts the value "${empty}" as good`;
  }
  return undefined;
}
