/** Rules about an Experiment's own fields; sources: argo-rollouts' own checks, and what could never end well. */

import { parseDurationMs } from './duration.ts';
import type { Experiment, ExperimentTemplate } from './experiment.ts';
import { isEmptySelector, selectorMatches } from './label-selector.ts';
import { objectText, type Problem, type Report, reporter, valueText } from './problem.ts';

/** What may follow the dash in the name of a ReplicaSet. */
const namePattern = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function twice(names: readonly string[], field: string, report: Report): Problem[] {
  return duplicates(names).map((name) =>
    report(field, `${valueText(name)} twice`, 'names must be unique in an Experiment', 'rename one'),
  );
}

function names(experiment: Experiment, report: Report): Problem[] {
  const { templates, analyses = [] } = experiment.spec;
  const unnamed = templates.flatMap(({ name }, index) =>
    namePattern.test(name)
      ? []
      : [
          report(
            `spec.templates[${index}].name`,
            valueText(name),
            'it becomes part of the name of a ReplicaSet: lower-case letters, digits, dashes and dots',
            'rename it',
          ),
        ],
  );
  const empty =
    templates.length === 0
      ? [report('spec.templates', 'empty', 'an Experiment needs a template', 'add at least one')]
      : [];
  return [
    ...empty,
    ...unnamed,
    ...twice(
      templates.map(({ name }) => name),
      'spec.templates',
      report,
    ),
    ...twice(
      analyses.map(({ name }) => name),
      'spec.analyses',
      report,
    ),
    ...twice(
      templates.flatMap(({ service }) => service?.name ?? []),
      'spec.templates[].service.name',
      report,
    ),
  ];
}

function selector({ selector: wanted, template }: ExperimentTemplate, field: string, report: Report): Problem[] {
  if (isEmptySelector(wanted))
    return [report(`${field}.selector`, 'empty', 'it must select the pods of the template', 'add matchLabels')];
  if (selectorMatches(wanted, template.metadata?.labels ?? {})) return [];
  const found = Object.entries(wanted.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    report(
      `${field}.selector`,
      found.join(',') || 'set',
      'it must match the labels of the template',
      'give the template the labels of the selector',
    ),
  ];
}

function numbers(experiment: Experiment, report: Report): Problem[] {
  const { progressDeadlineSeconds = 600, scaleDownDelaySeconds = 0, templates } = experiment.spec;
  const own = Object.entries({ progressDeadlineSeconds, scaleDownDelaySeconds });
  const negative = own
    .filter(([, value]) => value < 0)
    .map(([field, value]) => report(`spec.${field}`, valueText(value), 'it must be 0 or more', 'raise it'));
  const ofTemplates = templates.flatMap(({ replicas = 1, minReadySeconds = 0 }, index) => {
    const field = `spec.templates[${index}]`;
    const bad = Object.entries({ replicas, minReadySeconds })
      .filter(([, value]) => value < 0)
      .map(([name, value]) => report(`${field}.${name}`, valueText(value), 'it must be 0 or more', 'raise it'));
    if (minReadySeconds <= progressDeadlineSeconds) return bad;
    const allowed = `it must not be longer than spec.progressDeadlineSeconds, which is ${progressDeadlineSeconds}`;
    return [...bad, report(`${field}.minReadySeconds`, valueText(minReadySeconds), allowed, 'lower it')];
  });
  return [...negative, ...ofTemplates];
}

function duration({ spec }: Experiment, report: Report): Problem[] {
  if (!spec.duration) return [];
  const ms = parseDurationMs(spec.duration);
  if (ms !== undefined && ms >= 0) return [];
  return [report('spec.duration', valueText(spec.duration), 'it must be a duration', 'write for example 90s or 10m')];
}

function analyses({ spec }: Experiment, report: Report): Problem[] {
  return (spec.analyses ?? []).flatMap(({ templateName, args = [] }, index) => {
    const field = `spec.analyses[${index}]`;
    const unnamed = templateName
      ? []
      : [report(`${field}.templateName`, 'empty', 'it must name an AnalysisTemplate', 'name one')];
    return [
      ...unnamed,
      ...twice(
        args.map(({ name }) => name),
        `${field}.args`,
        report,
      ),
    ];
  });
}

/** Everything wrong with the fields of an Experiment itself; empty when it can be run. */
export function validateExperiment(experiment: Experiment): Problem[] {
  const report = reporter(objectText(experiment));
  return [
    ...names(experiment, report),
    ...experiment.spec.templates.flatMap((one, index) => selector(one, `spec.templates[${index}]`, report)),
    ...numbers(experiment, report),
    ...duration(experiment, report),
    ...analyses(experiment, report),
  ];
}
