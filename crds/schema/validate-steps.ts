/** Rules about the steps of a canary and its analyses. */

import { type CanaryStep, type StepAction, stepActions } from './canary-steps.ts';
import { canarySteps, maxTrafficWeight } from './defaults.ts';
import { type Dialect, isArgo } from './dialect.ts';
import { pauseDurationMs } from './duration.ts';
import { hasTrafficRouting } from './gateway-routes.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutAnalysis, RolloutArgument } from './rollout-analysis.ts';
import { validateExperimentStep } from './validate-experiment-step.ts';

/** Actions that Argo allows only one of; other mixes it runs together. */
const argoExclusive: readonly StepAction[] = ['setWeight', 'pause', 'experiment', 'analysis'];

/** The one action of a step; undefined when it has none. */
export function actionOf(step: CanaryStep): StepAction | undefined {
  return stepActions.find((action) => step[action] !== undefined);
}

function actions(step: CanaryStep, field: string, dialect: Dialect, report: Report): Problem[] {
  const set = stepActions.filter((action) => step[action] !== undefined);
  if (set.length === 0)
    return [report(field, 'empty', 'a step needs one action', `set one of ${stepActions.join(', ')}`)];
  const counted = isArgo(dialect) ? set.filter((action) => argoExclusive.includes(action)) : set;
  if (counted.length <= 1) return [];
  return [report(field, counted.join(' and '), 'a step has exactly one action', 'make a step of each')];
}

function weight(step: CanaryStep, field: string, maxWeight: number, report: Report): Problem[] {
  const { setWeight } = step;
  if (setWeight === undefined || (setWeight >= 0 && setWeight <= maxWeight)) return [];
  return [
    report(
      `${field}.setWeight`,
      valueText(setWeight),
      `a weight is 0 to ${maxWeight}`,
      setWeight < 0 ? 'raise it' : 'lower it',
    ),
  ];
}

function pause(step: CanaryStep, field: string, report: Report): Problem[] {
  const duration = step.pause?.duration;
  if (duration === undefined) return [];
  const ms = pauseDurationMs(duration);
  if (ms !== undefined && ms >= 0) return [];
  return [
    report(
      `${field}.pause.duration`,
      valueText(duration),
      'it must be seconds or a duration',
      'write for example 30 or 5m',
    ),
  ];
}

function canaryScale(step: CanaryStep, field: string, rollout: Rollout, dialect: Dialect, report: Report): Problem[] {
  const scale = step.setCanaryScale;
  if (scale === undefined) return [];
  const at = `${field}.setCanaryScale`;
  const problems: Problem[] = [];
  if (!hasTrafficRouting(rollout))
    problems.push(
      report(at, 'set without trafficRouting', 'it needs a router', 'add trafficRouting or remove the step'),
    );
  const set = (['weight', 'replicas', 'matchTrafficWeight'] as const).filter((name) => scale[name] !== undefined);
  if (set.length !== 1 && !isArgo(dialect)) {
    problems.push(
      report(
        at,
        set.join(' and ') || 'empty',
        'exactly one of weight, replicas, matchTrafficWeight must be set',
        'leave one',
      ),
    );
  }
  const negative = (['weight', 'replicas'] as const).filter((name) => (scale[name] ?? 0) < 0);
  return [
    ...problems,
    ...negative.map((name) => report(`${at}.${name}`, valueText(scale[name]), 'it must be 0 or more', 'raise it')),
  ];
}

/** Paths that can be read from a Rollout: metadata and any field, keys in brackets quoted. */
const fieldPathPattern = /^[A-Za-z][\w.-]*(\[('[^']+'|"[^"]+"|\d+)\])?([.][\w.-]+|\[('[^']+'|"[^"]+"|\d+)\])*$/;

function argument(arg: RolloutArgument, field: string, report: Report): Problem[] {
  const { podTemplateHashValue, fieldRef } = arg.valueFrom ?? {};
  const sources = [arg.value, podTemplateHashValue, fieldRef].filter((source) => source !== undefined).length;
  if (sources > 1)
    return [
      report(
        field,
        `argument ${valueText(arg.name)} with ${sources} values`,
        'an argument has one value',
        'leave one of value, podTemplateHashValue, fieldRef',
      ),
    ];
  if (arg.valueFrom !== undefined && sources === 0) {
    return [report(`${field}.valueFrom`, 'empty', 'it must name one source', 'set podTemplateHashValue or fieldRef')];
  }
  if (fieldRef === undefined || fieldPathPattern.test(fieldRef.fieldPath)) return [];
  return [
    report(
      `${field}.valueFrom.fieldRef.fieldPath`,
      valueText(fieldRef.fieldPath),
      'it must be the path of a field',
      "write for example metadata.labels['region']",
    ),
  ];
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function analysis(value: RolloutAnalysis, field: string, report: Report): Problem[] {
  const templates = value.templates ?? [];
  const args = value.args ?? [];
  const none =
    templates.length === 0
      ? [report(`${field}.templates`, 'empty', 'an analysis needs a template', 'name an AnalysisTemplate')]
      : [];
  const unnamed = templates.flatMap(({ templateName }, index) =>
    templateName
      ? []
      : [report(`${field}.templates[${index}].templateName`, 'empty', 'it must name an AnalysisTemplate', 'name one')],
  );
  const twice = duplicates(args.map((arg) => arg.name)).map((name) =>
    report(`${field}.args`, `${valueText(name)} twice`, 'each argument may be given once', 'remove one'),
  );
  return [
    ...none,
    ...unnamed,
    ...twice,
    ...args.flatMap((arg, index) => argument(arg, `${field}.args[${index}]`, report)),
  ];
}

function background(rollout: Rollout, report: Report): Problem[] {
  const value = rollout.spec.strategy.canary?.analysis;
  if (value === undefined) return [];
  const field = 'spec.strategy.canary.analysis';
  const steps = canarySteps(rollout).length;
  const start = value.startingStep ?? 0;
  const reachable = start >= 0 && (start < steps || start === 0);
  const range = reachable
    ? []
    : [
        report(
          `${field}.startingStep`,
          valueText(start),
          `it must be the index of one of the ${steps} steps`,
          `use 0 to ${Math.max(0, steps - 1)}`,
        ),
      ];
  return [...range, ...analysis(value, field, report)];
}

/** Argo runs an endless experiment until somebody ends it. */
function experiment(rollout: Rollout, step: CanaryStep, field: string, dialect: Dialect, report: Report): Problem[] {
  if (step.experiment === undefined) return [];
  const problems = validateExperimentStep(rollout, step.experiment, field, report);
  const args = (step.experiment.analyses ?? []).flatMap((one, index) =>
    (one.args ?? []).flatMap((arg, at) => argument(arg, `${field}.analyses[${index}].args[${at}]`, report)),
  );
  return [...problems.filter(({ found }) => !isArgo(dialect) || found !== 'endless'), ...args];
}

/** Everything wrong with the steps and the background analysis. */
export function validateSteps(rollout: Rollout, dialect: Dialect, report: Report): Problem[] {
  const maxWeight = maxTrafficWeight(rollout);
  const ofSteps = canarySteps(rollout).flatMap((step, index) => {
    const field = `spec.strategy.canary.steps[${index}]`;
    return [
      ...actions(step, field, dialect, report),
      ...weight(step, field, maxWeight, report),
      ...pause(step, field, report),
      ...canaryScale(step, field, rollout, dialect, report),
      ...(step.analysis === undefined ? [] : analysis(step.analysis, `${field}.analysis`, report)),
      ...experiment(rollout, step, `${field}.experiment`, dialect, report),
    ];
  });
  return [...ofSteps, ...background(rollout, report)];
}
