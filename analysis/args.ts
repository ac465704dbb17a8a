/** Arguments of an analysis: merges what a template declares with what its user gives, and resolves where each value comes from. */
import type { Argument } from '../crds/schema/analysis-template.ts';
import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';
import type { Metric } from '../crds/schema/metric.ts';
import type { RolloutArgument } from '../crds/schema/rollout-analysis.ts';
import { readFieldPath } from './field-path.ts';
import type { MetricProblem } from './provider.ts';
import { type Replacements, substitute } from './template-text.ts';

export type ArgsOutcome<T> =
  | { readonly kind: 'ok'; readonly args: T }
  | { readonly kind: 'wrong'; readonly problems: readonly MetricProblem[] };

/** What a Rollout knows when it starts an analysis. */
export interface RolloutValues {
  /** The Rollout object itself, for fieldRef. */
  readonly rollout: JsonObject;
  readonly stablePodHash: string | undefined;
  readonly latestPodHash: string;
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** Resolves the arguments that a Rollout gives: `value`, `podTemplateHashValue` (Stable or Latest) and `fieldRef` into the Rollout. */
export function resolveRolloutArgs(
  args: readonly RolloutArgument[],
  values: RolloutValues,
): ArgsOutcome<readonly NamedValue[]> {
  const resolved: NamedValue[] = [];
  const problems: MetricProblem[] = [];
  for (const arg of args) {
    const found = rolloutValue(arg, values);
    if (found.kind === 'ok') resolved.push({ name: arg.name, value: found.value });
    else problems.push({ field: `args[${arg.name}]`, message: found.message });
  }
  return problems.length === 0 ? { kind: 'ok', args: resolved } : { kind: 'wrong', problems };
}

type Found = { readonly kind: 'ok'; readonly value: string } | { readonly kind: 'wrong'; readonly message: string };

function rolloutValue(arg: RolloutArgument, values: RolloutValues): Found {
  const { podTemplateHashValue, fieldRef } = arg.valueFrom ?? {};
  if (podTemplateHashValue === 'Latest') return { kind: 'ok', value: values.latestPodHash };
  if (podTemplateHashValue === 'Stable') {
    // Before the first promotion there is no stable revision; Argo Rollouts then gives an empty text.
    return { kind: 'ok', value: values.stablePodHash ?? '' };
  }
  if (fieldRef !== undefined) return fieldValue(values.rollout, fieldRef.fieldPath);
  if (arg.value !== undefined) return { kind: 'ok', value: arg.value };
  return { kind: 'wrong', message: `the argument ${arg.name} has neither value nor valueFrom` };
}

function fieldValue(object: JsonObject, path: string): Found {
  const found = readFieldPath(object, path);
  if (found.kind === 'wrong') return found;
  const { value } = found;
  if (typeof value === 'string') return { kind: 'ok', value };
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'ok', value: String(value) };
  const what = value === undefined ? 'does not exist' : 'is no single value';
  return { kind: 'wrong', message: `the field ${path} ${what}` };
}

/**
 * The arguments of a run: what the template declares, with given values taking the place of defaults. Values for names that no
 * template declares are left out, as Argo Rollouts does. An argument that ends up with neither value nor source is a problem.
 */
export function mergeArgs(
  declared: readonly Argument[],
  given: readonly NamedValue[],
): ArgsOutcome<readonly Argument[]> {
  const values = new Map(given.map(({ name, value }) => [name, value]));
  const problems: MetricProblem[] = [];
  const args = declared.map((arg): Argument => {
    const value = values.get(arg.name);
    if (value !== undefined) return { name: arg.name, value };
    const hasSource = arg.valueFrom?.secretKeyRef !== undefined || arg.valueFrom?.fieldRef !== undefined;
    if (arg.value === undefined && !hasSource) {
      problems.push({
        field: `args[${arg.name}]`,
        message: `the argument ${arg.name} has no value: give one, or a default in the template`,
      });
    }
    if (arg.value !== undefined && hasSource) {
      problems.push({
        field: `args[${arg.name}]`,
        message: `the argument ${arg.name} has both value and valueFrom: keep one`,
      });
    }
    return arg;
  });
  return problems.length === 0 ? { kind: 'ok', args } : { kind: 'wrong', problems };
}

/** Reads one key of a Secret in the namespace of the run. */
export type SecretReader = (name: string, key: string) => Promise<Found>;

export interface ResolvedArgs {
  readonly replacements: Replacements;
  /** Values that came from Secrets: they must never be shown. */
  readonly secrets: readonly string[];
}

/** Resolves the arguments of a run just before a measurement. Secret values are read each time, so that rotation is seen. */
export async function resolveRunArgs(
  args: readonly Argument[],
  run: JsonObject,
  readSecret: SecretReader,
): Promise<ArgsOutcome<ResolvedArgs>> {
  const replacements = new Map<string, string>();
  const secrets: string[] = [];
  const problems: MetricProblem[] = [];
  for (const arg of args) {
    const reference = arg.valueFrom?.secretKeyRef;
    const found = reference === undefined ? runValue(arg, run) : await readSecret(reference.name, reference.key);
    if (found.kind === 'wrong') {
      const whose = reference === undefined ? '' : `argument ${arg.name}: `;
      problems.push({ field: `args[${arg.name}]`, message: `${whose}${found.message}` });
    } else {
      replacements.set(`args.${arg.name}`, found.value);
      if (reference !== undefined) secrets.push(found.value);
    }
  }
  return problems.length === 0 ? { kind: 'ok', args: { replacements, secrets } } : { kind: 'wrong', problems };
}

function runValue(arg: Argument, run: JsonObject): Found {
  if (arg.value !== undefined) return { kind: 'ok', value: arg.value };
  if (arg.valueFrom?.fieldRef !== undefined) return fieldValue(run, arg.valueFrom.fieldRef.fieldPath);
  return { kind: 'wrong', message: `the argument ${arg.name} has no value` };
}

/** Stands for a secret value where settings are checked without reading any Secret. */
export const secretPlaceholder = 'value-from-secret';

/** Replacements with placeholders for Secrets: enough to check a metric and to know its limits and interval. */
export function placeholderArgs(args: readonly Argument[], run: JsonObject): ArgsOutcome<Replacements> {
  const replacements = new Map<string, string>();
  const problems: MetricProblem[] = [];
  for (const arg of args) {
    const isSecret = arg.valueFrom?.secretKeyRef !== undefined;
    const found: Found = isSecret ? { kind: 'ok', value: secretPlaceholder } : runValue(arg, run);
    if (found.kind === 'ok') replacements.set(`args.${arg.name}`, found.value);
    else problems.push({ field: `args[${arg.name}]`, message: found.message });
  }
  return problems.length === 0 ? { kind: 'ok', args: replacements } : { kind: 'wrong', problems };
}

export type SubstitutedMetric =
  | { readonly kind: 'ok'; readonly metric: Metric }
  | { readonly kind: 'wrong'; readonly message: string };

/** A metric with all its arguments put in. The schema holds texts where arguments may stand, so the shape stays that of a metric. */
export function substituteMetric(metric: Metric, replacements: Replacements): SubstitutedMetric {
  const outcome = substitute(metric as unknown as Json, replacements);
  if (outcome.kind === 'wrong') return outcome;
  if (!isJsonObject(outcome.value)) return { kind: 'wrong', message: 'the metric is no object' };
  return { kind: 'ok', metric: outcome.value as unknown as Metric };
}
