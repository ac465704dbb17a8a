/** What an AnalysisRun of an Experiment measures, with the arguments that speak of the Experiment put in. Pure. */

import { type Replacements, substitute } from '../../analysis/template-text.ts';
import type { Argument } from '../../crds/schema/analysis-template.ts';
import type { ExperimentAnalysis } from '../../crds/schema/experiment.ts';
import { mergeTemplates } from '../../crds/schema/merge-templates.ts';
import { expandTemplates } from '../../crds/schema/nested-templates.ts';
import type { Json, JsonObject } from '../../kube/api.ts';
import { timeText } from '../rollout/time-text.ts';
import type { Observed } from './observed.ts';
import { durationMs, endOf, setName } from './settings.ts';

type Spec = { readonly spec: JsonObject } | { readonly problem: string };
type Sources = Pick<Observed, 'experiment' | 'templates' | 'findTemplate'>;

/** Texts by the names that arguments may use; before all pods are available the times are not known, only that they will be. */
function knownTexts({ experiment, templates }: Sources): Replacements {
  const { availableAt } = experiment.status ?? {};
  const end = endOf(experiment);
  const texts = templates.flatMap(({ spec, podHash }): [string, string][] => [
    [`templates.${spec.name}.podTemplateHash`, podHash],
    [`templates.${spec.name}.replicaset.name`, setName(experiment, spec)],
  ]);
  const finished: [string, string][] =
    durationMs(experiment) === undefined ? [] : [['experiment.finishedAt', end === undefined ? '' : timeText(end)]];
  return new Map([...texts, ['experiment.availableAt', availableAt ?? ''], ...finished]);
}

/** An argument of the Experiment wins over the template's default; references to Secrets stay references. */
function resolved(declared: Argument, given: readonly Argument[], texts: Replacements): Argument | string {
  const own = given.find(({ name }) => name === declared.name);
  if (own?.value === undefined) return own?.valueFrom === undefined ? declared : own;
  const text = substitute(own.value, texts);
  if (text.kind === 'wrong') return `argument ${own.name}: ${text.message}`;
  return { name: own.name, value: typeof text.value === 'string' ? text.value : own.value };
}

/** Of several entries for the same metrics the last one counts. */
function distinct<T extends { readonly metricName: string }>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.map((entry) => [entry.metricName, entry])).values()];
}

/** The spec of the run, or in one clause why there can be none. */
export function analysisSpecOf(sources: Sources, analysis: ExperimentAnalysis): Spec {
  const { templateName, clusterScope } = analysis;
  const reference = { templateName, ...(clusterScope === undefined ? {} : { clusterScope }) };
  const { templates, missing, cycles } = expandTemplates([reference], sources.findTemplate);
  const [absent] = missing;
  if (absent !== undefined) {
    const kind = absent.reference.clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    return { problem: `no ${kind} of the name ${JSON.stringify(absent.reference.templateName)} exists: create it` };
  }
  if (cycles.length > 0) return { problem: `template ${JSON.stringify(templateName)} leads back to itself` };
  const merged = mergeTemplates(templates);
  const texts = knownTexts(sources);
  const args: Argument[] = [];
  for (const declared of merged.args) {
    const arg = resolved(declared, analysis.args ?? [], texts);
    if (typeof arg === 'string') return { problem: arg };
    if (arg.value === undefined && arg.valueFrom === undefined)
      return { problem: `argument ${arg.name} has no value: give one in args` };
    args.push(arg);
  }
  if (merged.metrics.length === 0) return { problem: `template ${JSON.stringify(templateName)} has no metrics` };
  const { spec } = sources.experiment;
  const dryRun = distinct([...merged.dryRun, ...(spec.dryRun ?? [])]);
  const retention = distinct([...merged.measurementRetention, ...(spec.measurementRetention ?? [])]);
  return {
    spec: {
      metrics: merged.metrics as unknown as Json,
      args: args as unknown as Json,
      ...(dryRun.length > 0 ? { dryRun: dryRun as unknown as Json } : {}),
      ...(retention.length > 0 ? { measurementRetention: retention as unknown as Json } : {}),
    },
  };
}
