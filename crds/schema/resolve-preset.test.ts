/** Presets: arguments are filled in, numbers become numbers, what the Rollout sets wins, and mistakes are told by name. */

import { describe, expect, it } from 'vitest';
import { asRun, fillPreset, maxPresetBytes, mergeStrategy } from './resolve-preset.ts';
import { type AnyPreset, StrategyPreset } from './strategy-preset.ts';

function aPreset(canary: object, args: object[] = [{ name: 'first' }, { name: 'wait', default: '10m' }]): AnyPreset {
  return StrategyPreset.parse({
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'StrategyPreset',
    metadata: { name: 'careful', namespace: 'shop' },
    spec: { args, strategy: { canary } },
  });
}

const steps = [{ setWeight: '{{args.first}}' }, { pause: { duration: '{{ args.wait }}' } }];

function fill(preset: AnyPreset, args: Readonly<Record<string, string>>) {
  const given = Object.entries(args).map(([name, value]) => ({ name, value }));
  return fillPreset(preset, { name: 'careful', args: given }, 'Rollout shop/web');
}

function problemsOf(preset: AnyPreset, args: Readonly<Record<string, string>>): readonly string[] {
  const filled = fill(preset, args);
  return filled.kind === 'problems' ? filled.problems.map((one) => one.message) : [];
}

describe('fillPreset', () => {
  it('puts values and defaults into texts, and numbers into the places of numbers', () => {
    const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'route-{{args.first}}' }] }, maxTrafficWeight: '100' };
    const filled = fill(aPreset({ steps, trafficRouting, maxSurge: '{{args.first}}%' }), { first: '20' });

    expect(filled).toEqual({
      kind: 'filled',
      strategy: {
        canary: {
          steps: [{ setWeight: 20 }, { pause: { duration: '10m' } }],
          trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'route-20' }] }, maxTrafficWeight: 100 },
          maxSurge: '20%',
        },
      },
    });
  });

  it('makes a number of a whole text where number and text are both allowed', () => {
    expect(fill(aPreset({ steps, maxSurge: '{{args.first}}' }), { first: '2', wait: '30' })).toMatchObject({
      strategy: { canary: { maxSurge: 2, steps: [{ setWeight: 2 }, { pause: { duration: 30 } }] } },
    });
  });

  it('leaves other templates and braces in values as they are', () => {
    const analysis = { args: [{ name: 'x', value: '{{templates.a.podTemplateHash}} {{args.first}}' }] };

    expect(fill(aPreset({ analysis }), { first: '{{args.wait}}' })).toMatchObject({
      strategy: { canary: { analysis: { args: [{ value: '{{templates.a.podTemplateHash}} {{args.wait}}' }] } } },
    });
  });

  it.each<[string, AnyPreset, Readonly<Record<string, string>>, string]>([
    [
      'an unknown argument',
      aPreset({ steps }),
      { first: '20', frist: '30' },
      'Rollout shop/web: spec.strategy.preset.args[1].name is "frist", but StrategyPreset shop/careful has only first, wait: correct the name, or remove it.',
    ],
    [
      'a missing argument',
      aPreset({ steps }),
      {},
      'Rollout shop/web: spec.strategy.preset.args is without first, but StrategyPreset shop/careful has no default for it: give it a value.',
    ],
    [
      'a weight that is no number',
      aPreset({ steps }),
      { first: 'half' },
      'Rollout shop/web with StrategyPreset shop/careful: spec.strategy.canary.steps[0].setWeight is "half" (from "{{args.first}}"), but it must be a whole number: correct the argument.',
    ],
    [
      'an argument that the preset does not declare',
      aPreset({ steps: [{ setWeight: '{{args.last}}' }] }),
      { first: '1' },
      'StrategyPreset shop/careful: spec.strategy.canary.steps[0].setWeight is using {{args.last}}, but spec.args has only first, wait: declare it there, or correct it.',
    ],
  ])('refuses %s', (_name, preset, args, sentence) => {
    expect(problemsOf(preset, args)).toEqual([sentence]);
  });

  it('refuses a result that is too long to be kept', () => {
    const canaryMetadata = { annotations: { note: '{{args.wait}}'.repeat(17) } };

    expect(problemsOf(aPreset({ canaryMetadata }), { first: '1', wait: 'x'.repeat(4096) })[0]).toContain(
      `at most ${maxPresetBytes} are kept for a run`,
    );
  });
});

describe('mergeStrategy', () => {
  it('takes what the Rollout sets, field by field, and its lists whole', () => {
    const preset = { canary: { steps: [{ setWeight: 5 }], maxSurge: 1, trafficRouting: { maxTrafficWeight: 100 } } };
    const own = {
      canary: { canaryService: 'c', steps: [], trafficRouting: { gatewayAPI: {} } },
      preset: { name: 'p' },
    };

    expect(mergeStrategy(preset, own)).toEqual({
      canary: {
        canaryService: 'c',
        steps: [],
        maxSurge: 1,
        trafficRouting: { maxTrafficWeight: 100, gatewayAPI: {} },
      },
      preset: { name: 'p' },
    });
  });

  it('keeps no field beside one that excludes it', () => {
    const preset = { canary: { antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } };
    const antiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 1 } };

    expect(mergeStrategy(preset, { canary: { antiAffinity } })).toEqual({ canary: { antiAffinity } });
  });
});

describe('asRun', () => {
  const rollout = { spec: { strategy: { preset: { name: 'careful' } } } };

  it('reads the strategy that the status keeps', () => {
    const strategy = { canary: { maxSurge: 1 } };

    expect(asRun({ ...rollout, status: { preset: { name: 'careful', strategy } } }).spec.strategy).toEqual({
      ...strategy,
      preset: { name: 'careful' },
    });
  });

  it('does not read that of another preset', () => {
    const other = { ...rollout, status: { preset: { name: 'other', strategy: { canary: {} } } } };

    expect(asRun(other)).toBe(other);
    expect(asRun(rollout)).toBe(rollout);
  });
});
