/** Rules about templates and runs: their metrics, their arguments, and what refers to them. */

import type { AnalysisRun } from './analysis-run.ts';
import type { AnalysisTemplate, Argument, ClusterAnalysisTemplate } from './analysis-template.ts';
import type { Metric } from './metric.ts';
import { objectText, type Problem, type Report, reporter, valueText } from './problem.ts';
import { validateMetric } from './validate-metric.ts';

const argumentUse = /\{\{\s*args\.([^\s{}]+)\s*\}\}/g;

/** Names used as `{{args.name}}` anywhere in a value, each once. */
export function argumentsUsed(value: unknown): string[] {
  const names = [...JSON.stringify(value ?? null).matchAll(argumentUse)].flatMap((match) => match[1] ?? []);
  return [...new Set(names)];
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function argumentProblems(args: readonly Argument[], report: Report): Problem[] {
  const twice = duplicates(args.map((arg) => arg.name)).map((name) =>
    report('spec.args', `${valueText(name)} twice`, 'each argument may be declared once', 'remove one'),
  );
  const sources = args.flatMap((arg, index) => {
    const { secretKeyRef, fieldRef } = arg.valueFrom ?? {};
    const count = [arg.value, secretKeyRef, fieldRef].filter((source) => source !== undefined).length;
    if (count > 1)
      return [
        report(
          `spec.args[${index}]`,
          `argument ${valueText(arg.name)} with ${count} values`,
          'an argument has one value',
          'leave one of value, secretKeyRef, fieldRef',
        ),
      ];
    if (arg.valueFrom === undefined || count === 1) return [];
    return [
      report(`spec.args[${index}].valueFrom`, 'empty', 'it must name one source', 'set secretKeyRef or fieldRef'),
    ];
  });
  return [...twice, ...sources];
}

function unknownArguments(metrics: readonly Metric[], args: readonly Argument[], report: Report): Problem[] {
  const known = new Set(args.map((arg) => arg.name));
  const listed = [...known].join(', ') || 'none';
  return metrics.flatMap((metric, index) =>
    argumentsUsed(metric)
      .filter((name) => !known.has(name))
      .map((name) =>
        report(
          `spec.metrics[${index}]`,
          `using {{args.${name}}}`,
          `the arguments declared in spec.args are: ${listed}`,
          `declare ${name} in spec.args or correct the name`,
        ),
      ),
  );
}

interface Checks {
  readonly metrics?: readonly Metric[] | undefined;
  readonly args?: readonly Argument[] | undefined;
}

/** `known`: the arguments that metrics may use, when those are not just the declared ones. */
function checks(spec: Checks, report: Report, known?: readonly Argument[]): Problem[] {
  const metrics = spec.metrics ?? [];
  const args = spec.args ?? [];
  const twice = duplicates(metrics.map((metric) => metric.name)).map((name) =>
    report('spec.metrics', `${valueText(name)} twice`, 'names of metrics must be unique', 'rename one'),
  );
  return [
    ...twice,
    ...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`, report)),
    ...argumentProblems(args, report),
    ...unknownArguments(metrics, known ?? args, report),
  ];
}

/**
 * Everything wrong with a template by itself. A template without metrics is refused unless it names further templates. `known`:
 * the arguments of all templates that it is used with, when it may use theirs.
 */
export function validateTemplate(
  template: AnalysisTemplate | ClusterAnalysisTemplate,
  known?: readonly Argument[],
): Problem[] {
  const report = reporter(objectText(template));
  const { metrics = [], templates = [] } = template.spec;
  const empty =
    metrics.length + templates.length > 0
      ? []
      : [report('spec.metrics', 'empty', 'a template needs a metric', 'add one')];
  return [...empty, ...checks(template.spec, report, known)];
}

/** Everything wrong with a run; every argument must have a value or a source by now. */
export function validateAnalysisRun(run: AnalysisRun): Problem[] {
  const report = reporter(objectText(run));
  const { metrics, args = [] } = run.spec;
  const empty = metrics.length > 0 ? [] : [report('spec.metrics', 'empty', 'a run needs a metric', 'add one')];
  const open = args.flatMap((arg, index) =>
    arg.value === undefined && arg.valueFrom === undefined
      ? [report(`spec.args[${index}].value`, 'unset', `argument ${valueText(arg.name)} has no value`, 'give one')]
      : [],
  );
  return [...empty, ...open, ...checks(run.spec, report)];
}
