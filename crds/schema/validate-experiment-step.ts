/** Rules about the experiment step of a canary (argo-rollouts.md 1.10, rule 16, and what could never start). */

import type { StepExperiment } from './canary-steps.ts';
import { parseDurationMs } from './duration.ts';
import { hasTrafficRouting } from './gateway-routes.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';

/** Routers that can give a share to Services besides the two. */
const splitting: readonly string[] = ['gatewayAPI', 'istio', 'smi', 'alb', 'plugins'];
const settings: readonly string[] = ['managedRoutes', 'maxTrafficWeight'];

const namePattern = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function twice(names: readonly string[], field: string, report: Report): Problem[] {
  return duplicates(names).map((name) =>
    report(field, `${valueText(name)} twice`, 'names must be unique in a step', 'rename one'),
  );
}

function templates({ templates: all = [] }: StepExperiment, field: string, report: Report): Problem[] {
  if (all.length === 0)
    return [report(`${field}.templates`, 'empty', 'an experiment needs a template', 'add at least one')];
  const each = all.flatMap(({ name, specRef }, index) => {
    const at = `${field}.templates[${index}]`;
    const allowed = 'it becomes part of the name of a ReplicaSet: lower-case letters, digits, dashes and dots';
    return [
      ...(namePattern.test(name) ? [] : [report(`${at}.name`, valueText(name), allowed, 'rename it')]),
      ...(specRef === undefined
        ? [report(`${at}.specRef`, 'unset', 'it must say whose pods to run', 'set canary or stable')]
        : []),
    ];
  });
  const names = all.map(({ name }) => name);
  return [...each, ...twice(names, `${field}.templates`, report)];
}

function weights(rollout: Rollout, { templates: all = [] }: StepExperiment, field: string, report: Report): Problem[] {
  const weighted = all.filter(({ weight = 0 }) => weight > 0);
  if (weighted.length === 0) return [];
  const at = `${field}.templates[${all.findIndex(({ weight = 0 }) => weight > 0)}].weight`;
  const sum = weighted.reduce((total, { weight = 0 }) => total + weight, 0);
  const over =
    sum <= 100
      ? []
      : [report(`${field}.templates`, `weighted ${sum} together`, 'weights add up to at most 100', 'lower them')];
  if (!hasTrafficRouting(rollout))
    return [
      ...over,
      report(at, 'set without trafficRouting', 'weights need a router', 'add trafficRouting or remove it'),
    ];
  const routing = rollout.spec.strategy.canary?.trafficRouting ?? {};
  const unable = Object.entries(routing)
    .filter(([name, value]) => value !== undefined && !settings.includes(name) && !splitting.includes(name))
    .map(([name]) => name);
  if (unable.length === 0) return over;
  const allowed = `only ${splitting.join(', ')} can give weight to experiments`;
  return [...over, report(at, `set with router ${unable.join(' and ')}`, allowed, 'remove the weight')];
}

/** Everything wrong with one experiment step by itself; the templates of its analyses are looked at with all others. */
export function validateExperimentStep(
  rollout: Rollout,
  experiment: StepExperiment,
  field: string,
  report: Report,
): Problem[] {
  const { duration, analyses = [] } = experiment;
  const ms = duration ? parseDurationMs(duration) : 0;
  const unreadable =
    ms !== undefined && ms >= 0
      ? []
      : [report(`${field}.duration`, valueText(duration), 'it must be a duration', 'write for example 90s or 10m')];
  const endless =
    duration || analyses.some(({ requiredForCompletion }) => requiredForCompletion === true)
      ? []
      : [
          report(
            field,
            'endless',
            'an experiment step ends by its duration or with an analysis that is required for completion',
            'add duration or requiredForCompletion',
          ),
        ];
  return [
    ...templates(experiment, field, report),
    ...weights(rollout, experiment, field, report),
    ...unreadable,
    ...endless,
    ...twice(
      analyses.map(({ name }) => name),
      `${field}.analyses`,
      report,
    ),
  ];
}
