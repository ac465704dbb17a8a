/** What an AnalysisRun measures: the metrics of all templates that a Rollout names, with the arguments resolved. Pure. */

import type { Argument } from '../../crds/schema/analysis-template.ts';
import { mergeTemplates } from '../../crds/schema/merge-templates.ts';
import { expandTemplates, type FindTemplate } from '../../crds/schema/nested-templates.ts';
import type { RolloutAnalysis, RolloutArgument } from '../../crds/schema/rollout-analysis.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { Json, JsonObject } from '../../kube/api.ts';

/** Where arguments come from. `currentHash` is the revision on trial, `stableHash` the one that it replaces. */
export interface ArgumentSource {
  readonly rollout: Rollout;
  readonly findTemplate: FindTemplate;
  readonly currentHash: string;
  readonly stableHash: string | undefined;
}

/** The spec of the run. Undefined when a template is missing, none is named, or they go in circles. */
export function analysisSpec(source: ArgumentSource, analysis: RolloutAnalysis): JsonObject | undefined {
  const { templates, missing, cycles } = expandTemplates(analysis.templates ?? [], source.findTemplate);
  if (missing.length > 0 || cycles.length > 0 || templates.length === 0) return undefined;
  const merged = mergeTemplates(templates);
  const dryRun = distinct([...merged.dryRun, ...(analysis.dryRun ?? [])]);
  const retention = distinct([...merged.measurementRetention, ...(analysis.measurementRetention ?? [])]);
  return {
    metrics: merged.metrics as unknown as Json,
    args: merged.args.map((arg) => resolve(source, arg, analysis.args ?? [])) as unknown as Json,
    ...(dryRun.length > 0 ? { dryRun: dryRun as unknown as Json } : {}),
    ...(retention.length > 0 ? { measurementRetention: retention as unknown as Json } : {}),
  };
}

/** Of several entries for the same metrics the last one counts: what the Rollout says stands after its templates. */
function distinct<T extends { readonly metricName: string }>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.map((entry) => [entry.metricName, entry])).values()];
}

/** The Rollout's value wins over the template's default; references to Secrets stay references. */
function resolve(source: ArgumentSource, declared: Argument, given: readonly RolloutArgument[]): Argument {
  const { name } = declared;
  const own = given.find((arg) => arg.name === name);
  if (own?.value !== undefined) return { name, value: own.value };
  const { stableHash = '', currentHash } = source;
  const hash = own?.valueFrom?.podTemplateHashValue;
  if (hash !== undefined) return { name, value: hash === 'Stable' ? stableHash : currentHash };
  const path = own?.valueFrom?.fieldRef?.fieldPath ?? declared.valueFrom?.fieldRef?.fieldPath;
  return path === undefined ? declared : { name, value: fieldText(source.rollout, path) };
}

/** Value at a downward-API path such as `metadata.labels['region']`; '' when there is none. Dots inside brackets belong to the key. */
export function fieldText(object: object, path: string): string {
  const parts = [...path.matchAll(/\[['"]?([^'"\]]+)['"]?\]|([^.[\]]+)/g)].map(([, ...found]) => found.join(''));
  const value = parts.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined),
    object,
  );
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
