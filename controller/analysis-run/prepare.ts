/** Reads the spec of a run: which metrics, with which limits, and what is wrong with them. Pure; no Secret is read for it. */
import { placeholderArgs, secretPlaceholder, substituteMetric } from '../../analysis/args.ts';
import { lintCondition } from '../../analysis/expr/condition.ts';
import { defaultLimits, readLimits } from '../../analysis/judge/limits.ts';
import { defaultRetention } from '../../analysis/judge/metric-result.ts';
import { type JudgeRule, ruleOf } from '../../analysis/judge/rule.ts';
import { selectMetrics } from '../../analysis/metric-selection.ts';
import type { MetricProblem } from '../../analysis/provider.ts';
import type { Replacements } from '../../analysis/template-text.ts';
import { AnalysisRunSpec } from '../../crds/schema/analysis-run.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { AnalysisRunObject, PreparedMetric, PreparedSpec } from './observed.ts';

/** `providers`: names of the backends that this controller has; all others are refused by name. */
export function prepareSpec(run: AnalysisRunObject, dialect: Dialect, providers: readonly string[]): PreparedSpec {
  const parsed = AnalysisRunSpec.safeParse(run.spec);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return wrong(`spec.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'can not be read'}`);
  }
  const spec = parsed.data;
  const names = spec.metrics.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length === 0) return wrong('spec.metrics is empty: name at least one metric');
  if (twice !== undefined) return wrong(`spec.metrics has two metrics with the name ${JSON.stringify(twice)}`);
  const args = placeholderArgs(spec.args ?? [], run as unknown as JsonObject);
  if (args.kind === 'wrong') return wrong(inSpec(args.problems));
  const selection = selectMetrics(names, spec.dryRun ?? [], spec.measurementRetention ?? []);
  if (selection.problems.length > 0) return wrong(inSpec(selection.problems));
  const rule = ruleOf(dialect);
  const metrics = spec.metrics.map((source): PreparedMetric => {
    const retention = selection.retention.get(source.name) ?? defaultRetention;
    return {
      source,
      dryRun: selection.dryRun.has(source.name),
      retention,
      ...prepareMetric(source, args.args, providers, rule),
    };
  });
  // Argo Rollouts refuses the whole run for one metric; Tidegate goes on measuring the others.
  const broken = rule === 'argo' ? metrics.find(({ problem }) => problem !== undefined) : undefined;
  if (broken?.problem !== undefined) return wrong(`metric "${broken.name}": ${broken.problem}`);
  return { kind: 'ok', spec, metrics };
}

function wrong(message: string): PreparedSpec {
  return { kind: 'wrong', message };
}

function inSpec(problems: readonly MetricProblem[]): string {
  return problems.map(({ field, message }) => `spec.${field}: ${message}`).join('; ');
}

type Prepared = Pick<PreparedMetric, 'name' | 'limits' | 'problem'>;

function prepareMetric(source: Metric, args: Replacements, providers: readonly string[], rule: JudgeRule): Prepared {
  const { name } = source;
  const substituted = substituteMetric(source, args);
  if (substituted.kind === 'wrong') return { name, limits: defaultLimits, problem: substituted.message };
  const { metric } = substituted;
  const read = readLimits(metric);
  const limits = read.kind === 'ok' ? read.limits : defaultLimits;
  const problems = read.kind === 'ok' ? [] : read.problems.map(({ field, message }) => `${field} ${message}`);
  problems.push(...providerProblems(metric, providers));
  // Argo Rollouts finds a broken condition only when it measures.
  if (rule === 'tidegate') problems.push(...conditionProblems(metric));
  return { name, limits, ...(problems.length === 0 ? {} : { problem: problems.join('; ') }) };
}

function providerProblems(metric: Metric, providers: readonly string[]): string[] {
  const set = Object.entries(metric.provider).flatMap(([kind, value]) =>
    value === undefined || value === null ? [] : [kind],
  );
  const [kind] = set;
  if (kind === undefined) return [`provider is empty: set exactly one of ${providers.join(', ')}`];
  if (set.length > 1) return [`provider sets ${set.join(' and ')}: set exactly one`];
  return providers.includes(kind) ? [] : [`not supported yet: provider.${kind}`];
}

function conditionProblems(metric: Metric): string[] {
  return (['successCondition', 'failureCondition'] as const).flatMap((field) => {
    const source = metric[field];
    // What a Secret puts into a condition is known only when it is measured.
    const mistake = source && !source.includes(secretPlaceholder) ? lintCondition(source) : undefined;
    return mistake === undefined ? [] : [`${field} ${JSON.stringify(source)}: ${mistake}`];
  });
}
