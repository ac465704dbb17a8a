/** Rules about what a Rollout refers to: Services and analysis templates. The caller has read them. */

import { z } from 'zod';
import type { CanaryStep } from './canary-steps.ts';
import { canarySteps } from './defaults.ts';
import { type Dialect, isArgo } from './dialect.ts';
import type { JsonObject } from './json.ts';
import { deploymentHashLabel, keys } from './keys.ts';
import { type AnyTemplate, mergeTemplates } from './merge-templates.ts';
import { isTemplated } from './metric-settings.ts';
import { objectText, type Problem, type Report, reporter, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';
import { type ExpandedTemplates, expandTemplates, type FindTemplate } from './nested-templates.ts';
import type { RolloutAnalysis } from './rollout-analysis.ts';
import { unsupportedFields } from './not-supported.ts';
import { namedServices } from './services-of.ts';
import { validateFinite } from './validate-metric.ts';
import { validateTemplate } from './validate-analysis.ts';

const canaryField = 'spec.strategy.canary';

/** What is known of a Service: its selector, and its annotations. */
export interface ServiceView {
  readonly selector?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function serviceProblems(
  rollout: Rollout,
  field: string,
  name: string,
  service: ServiceView | undefined,
  dialect: Dialect,
  report: Report,
): Problem[] {
  if (service === undefined) {
    return [
      report(
        field,
        valueText(name),
        `no Service of that name exists in namespace ${valueText(rollout.metadata.namespace ?? '')}`,
        'create the Service or correct the name',
      ),
    ];
  }
  const { podTemplateHash, managedByRollouts } = keys(dialect);
  const labels = rollout.spec.template?.metadata?.labels ?? {};
  const owner = service.annotations?.[managedByRollouts];
  const problems: Problem[] = [];
  if (owner !== undefined && owner !== rollout.metadata.name) {
    problems.push(
      report(
        field,
        valueText(name),
        `that Service is managed by Rollout ${valueText(owner)}`,
        'name a Service of its own',
      ),
    );
  }
  const selector = Object.entries(service.selector ?? {}).filter(
    ([key]) => key !== podTemplateHash && key !== deploymentHashLabel,
  );
  if (selector.length === 0)
    problems.push(
      report(field, valueText(name), 'that Service has no selector', 'give it the labels of spec.selector'),
    );
  const wrong = selector.find(([key, value]) => labels[key] !== value);
  if (wrong === undefined) return problems;
  const allowed = `that Service selects ${wrong[0]}=${wrong[1]}, which spec.template.metadata.labels lacks`;
  return [
    ...problems,
    report(field, valueText(name), allowed, 'correct the selector of the Service or the labels of the template'),
  ];
}

/** Everything wrong with the Services of a Rollout. `services` holds those that exist, by name. */
export function validateServices(
  rollout: Rollout,
  services: ReadonlyMap<string, ServiceView>,
  dialect: Dialect,
): Problem[] {
  const report = reporter(objectText(rollout));
  return namedServices(rollout).flatMap(({ field, name }) =>
    serviceProblems(rollout, field, name, services.get(name), dialect, report),
  );
}

export type { FindTemplate } from './nested-templates.ts';

function missingTemplates(expanded: ExpandedTemplates, field: string, report: Report): Problem[] {
  return expanded.missing.map(({ reference, index, inside }) => {
    const kind = reference.clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    const [by, at] = inside === undefined ? [report, field] : [reporter(objectText(inside)), 'spec'];
    return by(
      `${at}.templates[${index}].templateName`,
      valueText(reference.templateName),
      `no ${kind} of that name exists`,
      'create it or correct the name',
    );
  });
}

function circularTemplates(expanded: ExpandedTemplates, field: string, report: Report): Problem[] {
  return expanded.cycles.map((way) =>
    report(
      `${field}.templates`,
      `going in a circle (${way.join(', then ')})`,
      'templates may not lead back to themselves',
      'remove one of these references',
    ),
  );
}

function argumentProblems(
  analysis: RolloutAnalysis,
  templates: readonly AnyTemplate[],
  field: string,
  dialect: Dialect,
  report: Report,
): Problem[] {
  const { args } = mergeTemplates(templates);
  const given = new Set((analysis.args ?? []).map((arg) => arg.name));
  const open = args
    .filter((arg) => arg.value === undefined && arg.valueFrom === undefined && !given.has(arg.name))
    .map((arg) =>
      report(
        `${field}.args`,
        `without ${valueText(arg.name)}`,
        'the template has no default for that argument',
        'add a value for it',
      ),
    );
  const declared = new Set(args.map((arg) => arg.name));
  const unknown = isArgo(dialect) ? [] : [...given].filter((name) => !declared.has(name));
  const listed = [...declared].join(', ') || 'none';
  return [
    ...open,
    ...unknown.map((name) =>
      report(
        `${field}.args`,
        `with unknown argument ${valueText(name)}`,
        `the arguments of the templates are: ${listed}`,
        'remove it or correct the name',
      ),
    ),
  ];
}

const fieldPath = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\['[^']+'\]|\["[^"]+"\]|\[\d+\])*$/;

/** Where the Rollout's values come from: one source each, and a path that can be read. */
function sourceProblems(analysis: RolloutAnalysis, field: string, report: Report): Problem[] {
  return (analysis.args ?? []).flatMap((arg, index) => {
    const at = `${field}.args[${index}]`;
    const { podTemplateHashValue, fieldRef } = arg.valueFrom ?? {};
    const count = [arg.value, podTemplateHashValue, fieldRef].filter((source) => source !== undefined).length;
    const what = `argument ${valueText(arg.name)} with ${count} values`;
    if (count > 1)
      return [report(at, what, 'an argument has one value', 'leave one of value, podTemplateHashValue, fieldRef')];
    if (fieldRef === undefined || fieldPath.test(fieldRef.fieldPath)) return [];
    const allowed = 'it must be the path of a field of the Rollout';
    return [
      report(
        `${at}.valueFrom.fieldRef.fieldPath`,
        valueText(fieldRef.fieldPath),
        allowed,
        "write it like metadata.labels['region']",
      ),
    ];
  });
}

function mergedProblems(
  templates: readonly AnyTemplate[],
  field: string,
  blocking: boolean,
  report: Report,
): Problem[] {
  const { metrics, duplicateMetrics, conflictingArgs } = mergeTemplates(templates);
  const at = `${field}.templates`;
  return [
    ...duplicateMetrics.map((name) =>
      report(
        at,
        `with metric ${valueText(name)} twice`,
        'names of metrics must be unique over all templates',
        'rename one',
      ),
    ),
    ...conflictingArgs.map((name) =>
      report(
        at,
        `with two values for argument ${valueText(name)}`,
        'templates used together must agree',
        'give the same value or rename one',
      ),
    ),
    ...(blocking
      ? metrics
          .filter((metric) => !isTemplated(metric.interval))
          .flatMap((metric) => validateFinite(metric, `${at} metric ${valueText(metric.name)}`, report))
      : []),
  ];
}

/** Everything wrong with one analysis of a Rollout and the templates it names. `blocking`: a step waits for its end. */
export function validateAnalysisUse(
  rollout: Rollout,
  use: AnalysisUse,
  find: FindTemplate,
  dialect: Dialect,
): Problem[] {
  const report = reporter(objectText(rollout));
  const { analysis, field, blocking } = use;
  const expanded = expandTemplates(analysis.templates ?? [], find);
  const missing = [...missingTemplates(expanded, field, report), ...circularTemplates(expanded, field, report)];
  const found = expanded.templates;
  // Argo Rollouts looks for the arguments of a metric among those of all templates that are used together.
  const known = isArgo(dialect) ? mergeTemplates(found).args : undefined;
  const own = found.flatMap((template) => [...validateTemplate(template, known), ...unsupportedFields(template)]);
  if (missing.length > 0) return [...missing, ...own];
  return [
    ...own,
    ...sourceProblems(analysis, field, report),
    ...argumentProblems(analysis, found, field, dialect, report),
    ...mergedProblems(found, field, blocking, report),
  ];
}

export interface AnalysisUse {
  readonly analysis: RolloutAnalysis;
  readonly field: string;
  /** Something waits for its end, so it must end by itself. */
  readonly blocking: boolean;
}

/** Every analysis that a Rollout names, with its path; those of steps and those around a promotion block. */
export function analysisUses(rollout: Pick<Rollout, 'spec'>): AnalysisUse[] {
  const { canary, blueGreen } = rollout.spec.strategy;
  const use = (analysis: RolloutAnalysis | undefined, field: string, blocking: boolean): AnalysisUse[] =>
    analysis === undefined ? [] : [{ analysis, field, blocking }];
  const field = 'spec.strategy.blueGreen';
  return [
    ...canarySteps(rollout).flatMap((step, index) =>
      use(step.analysis, `${canaryField}.steps[${index}].analysis`, true),
    ),
    ...canarySteps(rollout).flatMap((step, index) => experimentUses(step, `${canaryField}.steps[${index}].experiment`)),
    ...use(canary?.analysis, `${canaryField}.analysis`, false),
    ...use(blueGreen?.prePromotionAnalysis, `${field}.prePromotionAnalysis`, true),
    ...use(blueGreen?.postPromotionAnalysis, `${field}.postPromotionAnalysis`, true),
  ];
}

/** The Experiment of a step waits for those that it requires. */
function experimentUses({ experiment }: CanaryStep, field: string): AnalysisUse[] {
  return (experiment?.analyses ?? []).map(({ templateName, clusterScope, args, requiredForCompletion }, index) => ({
    analysis: {
      templates: [{ templateName, ...(clusterScope === undefined ? {} : { clusterScope }) }],
      ...(args === undefined ? {} : { args }),
    },
    field: `${field}.analyses[${index}]`,
    blocking: requiredForCompletion === true,
  }));
}

/** Everything wrong with the analyses of a Rollout. */
export function validateTemplates(rollout: Rollout, find: FindTemplate, dialect: Dialect): Problem[] {
  return analysisUses(rollout).flatMap((use) => validateAnalysisUse(rollout, use, find, dialect));
}

const Texts = z.record(z.string(), z.string());
const ServiceObject = z.object({
  metadata: z.object({ annotations: Texts.optional() }),
  spec: z.object({ selector: Texts.optional() }),
});

/** A Service as the API server sends it, cut to what the rules need. */
export function serviceView(service: JsonObject): ServiceView {
  const { metadata, spec } = ServiceObject.parse(service);
  const { annotations } = metadata;
  const { selector } = spec;
  return { ...(selector ? { selector } : {}), ...(annotations ? { annotations } : {}) };
}
