/** Which of several experiments counts, which of its Services get weight, and how long its pods are needed. */

import { describe, expect, it } from 'vitest';
import type { ExperimentStatus } from '../../crds/schema/experiment.ts';
import type { StepExperiment } from '../../crds/schema/canary-steps.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { RouteState } from '../traffic/router.ts';
import { countedOn, experimentsAt, type ExperimentView, extraDestinations, wantsWeights } from './experiments.ts';
import type { Observed } from './observed.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aStatus, type ObservedGiven, plainRouter, shopKeys } from './testing/builders.ts';

const name = 'web-two-2-0';
const running: ExperimentStatus = {
  phase: 'Running',
  templateStatuses: [{ name: 'canary', serviceName: 'web-exp', podTemplateHash: 'exp' }],
};

function anExperiment(
  given: { name?: string; status?: ExperimentStatus; service?: { name?: string } } = {},
): ExperimentView {
  const { status = running, service = {} } = given;
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Experiment',
    metadata: {
      name: given.name ?? name,
      namespace: 'shop',
      labels: { [shopKeys.podTemplateHash]: 'two', [shopKeys.stepIndex]: '0' },
      annotations: { [shopKeys.attempt]: '1' },
    },
    spec: { templates: [{ name: 'canary', service, selector: {}, template: {} }] },
    status,
  } as ExperimentView;
}

function observedWith(
  experiments: readonly ExperimentView[],
  given: ObservedGiven = {},
  step: StepExperiment = weighted,
) {
  const { rollout, ...rest } = given;
  return anObserved({ rollout: { canary: { steps: [{ experiment: step }] }, ...rollout }, experiments, ...rest });
}

const weighted: StepExperiment = { templates: [{ name: 'canary', specRef: 'canary', weight: 5 }] };
const status = aStatus({ canary: { currentExperiment: name } });

function extras(step: StepExperiment, given: { now?: RolloutStatus; status?: ExperimentStatus; ready?: number } = {}) {
  const { now = status, ready = 1, ...own } = given;
  const observed = observedWith([anExperiment(own)], { rollout: { status: now } }, step);
  return extraDestinations(
    {
      ...observed,
      rollout: {
        ...observed.rollout,
        spec: { ...observed.rollout.spec, strategy: { canary: { steps: [{ experiment: step }] } } },
      },
    },
    () => ready,
  );
}

it('of several Experiments of a step the one with the highest number counts', () => {
  const names = [`${name}-10`, name, `${name}-2`];
  const observed = observedWith(names.map((one) => anExperiment({ name: one })));

  expect(experimentsAt(observed, status, 0).map((one) => one.metadata.name)).toEqual([name, `${name}-2`, `${name}-10`]);
});

describe('the Service of an experiment', () => {
  it('gets its weight while the experiment runs with ready pods', () => {
    const { currentStepIndex: _, ...first } = status;
    const expected = [{ service: 'web-exp', role: 'extra', weight: 5, podHash: 'exp' }];

    expect(extras(weighted)).toEqual(expected);
    expect(extras(weighted, { now: first })).toEqual(expected);
  });

  it.each<[string, StepExperiment, Parameters<typeof extras>[1]]>([
    ['no pod is ready', weighted, { ready: 0 }],
    ['the step asks for none', { templates: [{ name: 'canary', specRef: 'canary' }] }, {}],
    ['the step has no templates', {}, {}],
    ['its Service is not known yet', weighted, { status: { phase: 'Running', templateStatuses: [] } }],
    [
      'its pods are not known yet',
      weighted,
      { status: { phase: 'Running', templateStatuses: [{ name: 'canary', serviceName: 'web-exp' }] } },
    ],
    ['it does not run yet', weighted, { status: { phase: 'Pending' } }],
  ])('gets none while %s', (_what, step, given) => {
    expect(extras(step, given)).toEqual([]);
  });

  it('has to be waited for only where the step asks for weight', () => {
    expect(wantsWeights({ step: 0, experiment: weighted })).toBe(true);
    expect(wantsWeights({ step: 0, experiment: { templates: [{ name: 'canary' }] } })).toBe(false);
    expect(wantsWeights({ step: 0, experiment: {} })).toBe(false);
  });
});

describe('an Experiment that is named in status', () => {
  const later = aStatus({ currentStepIndex: 1, canary: { currentExperiment: name } });
  const extra = (service: string, weight = 5): RouteState['written'] => ({
    total: 100,
    destinations: [{ service, role: 'extra', weight }],
  });

  /** Whether it is still counted on when its step is over. */
  function isKept(
    state: RouteState | undefined,
    experiment = anExperiment({ status: { ...running, phase: 'Successful' } }),
    can = plainRouter.can,
  ) {
    const base = observedWith([experiment], { weight: 0 });
    const traffic = state === undefined ? undefined : { ...base.traffic!, router: { ...plainRouter, can }, state };
    return countedOn(sceneOf({ ...base, traffic } satisfies Observed, later)) === name;
  }

  it('is counted on before it exists, and not any more when it was deleted after its step', () => {
    expect(countedOn(sceneOf(observedWith([]), status))).toBe(name);
    expect(countedOn(sceneOf(observedWith([]), later))).toBeUndefined();
  });

  it('is counted on while somebody holds the rollout at its step', () => {
    const held = observedWith([anExperiment()], {
      rollout: { paused: true, canary: { steps: [{ experiment: weighted }] } },
    });

    expect(countedOn(sceneOf(held, status))).toBe(name);
  });

  it('keeps its pods after its step as long as a route may send requests to its Service', () => {
    expect(isKept({ written: extra('web-exp'), confirmed: 'yes' })).toBe(true);
    expect(isKept({ written: extra('web-exp', 0), lowest: extra('web-exp'), confirmed: 'yes' })).toBe(true);
    expect(isKept({ written: undefined, confirmed: 'no' })).toBe(true);
    expect(isKept({ written: extra('other'), confirmed: 'unknown' })).toBe(true);
  });

  it('lets them go when the routes have no weight for it, or nobody could confirm it', () => {
    expect(isKept({ written: extra('web-exp', 0), confirmed: 'yes' })).toBe(false);
    expect(isKept({ written: extra('other'), confirmed: 'yes' })).toBe(false);
    expect(isKept({ written: extra('web-exp', 0), confirmed: 'unknown' }, undefined, new Set(['weight']))).toBe(false);
    expect(isKept(undefined)).toBe(false);
  });

  it('is found on the routes by its Service before its status names it', () => {
    const unnamed = anExperiment({ status: { phase: 'Successful' } });
    const given = anExperiment({
      status: { phase: 'Successful', templateStatuses: [{ name: 'canary' }] },
      service: { name: 'mine' },
    });

    expect(isKept({ written: extra(`${name}-canary`), confirmed: 'yes' }, unnamed)).toBe(true);
    expect(isKept({ written: extra('mine'), confirmed: 'yes' }, given)).toBe(true);
    expect(isKept({ written: extra('mine'), confirmed: 'yes' }, { ...given, status: undefined } as never)).toBe(true);
  });
});
