/** Arguments of a run: resolves where each value comes from, and puts them into its metrics. */
import type { Argument } from '../crds/schema/analysis-template.ts';
import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';
import type { Metric } from '../crds/schema/metric.ts';
import { readFieldPath } from './field-path.ts';
import type { MetricProblem } from './provider.ts';
import { type Replacements, substitute } from './template-text.ts';

export type ArgsOutcome<T> =
  | { readonly kind: 'ok'; readonly args: T }
  | { readonly kind: 'wrong'; readonly problems: readonly MetricProblem[] };

type Found = { readonly kind: 'ok'; readonly value: string } | { readonly kind: 'wrong'; readonly message: string };

function fieldValue(object: JsonObject, path: string): Found {
  const found = readFieldPath(object, path);
  if (found.kind === 'wrong') return found;
  const { value } = found;
  if (typeof value === 'string') return { kind: 'ok', value };
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'ok', value: String(value) };
  const what = value === undefined ? 'does not exist' : 'is no single value';
  return { kind: 'wrong', message: `the field ${path} ${what}` };
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
