import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import type { RolloutObject } from './observed.ts';
import { namingPreset, presetNow, presetUse } from './preset.ts';
import { aRollout } from './testing/builders.ts';

type Preset = KubeObject & JsonObject;

const steps = [{ setWeight: 20 }];

function aPreset(
  kind: 'StrategyPreset' | 'ClusterStrategyPreset',
  spec: JsonObject = { strategy: { canary: { steps } } },
) {
  const scope = kind === 'StrategyPreset' ? { namespace: 'shop' } : {};
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind,
    metadata: { name: 'careful', generation: 4, ...scope },
    spec,
  } as Preset;
}

function aUser(preset: unknown, canary: JsonObject = {}): RolloutObject {
  const { spec, ...rollout } = aRollout();
  return { ...rollout, spec: { ...spec, strategy: { canary, preset } } } as unknown as RolloutObject;
}

const input = (live: Preset | undefined) => ({ podHash: 'two', find: () => live, digest: () => 'digest' });
const cluster = { name: 'careful', clusterScope: true };

describe('the preset of a run', () => {
  it('may be one of the cluster, and the status says so', () => {
    const use = presetUse(aUser(cluster), input(aPreset('ClusterStrategyPreset')));

    expect(use).toMatchObject({
      object: { spec: { strategy: { canary: { steps } } } },
      snapshot: { name: 'careful', clusterScope: true, generation: 4, podHash: 'two', digest: 'digest' },
      problems: [],
    });
  });

  it('is worked out again only for another Rollout, revision or preset', () => {
    const user = aUser({ name: 'careful' });
    const live = aPreset('StrategyPreset');
    const first = presetUse(user, input(live));

    expect(presetUse(user, input(live))).toBe(first);
    expect(presetUse(user, input(aPreset('StrategyPreset')))).not.toBe(first);
    expect(presetUse(user, { ...input(live), podHash: 'three' })?.snapshot?.podHash).toBe('three');
  });

  it.each([
    ['of this namespace', { name: 'careful' }, aPreset('StrategyPreset', {}), 'StrategyPreset shop/careful'],
    ['of the cluster', cluster, aPreset('ClusterStrategyPreset', {}), 'ClusterStrategyPreset careful'],
  ])('is told not to be readable, with its field: one %s', (_name, reference, live, text) => {
    const use = presetUse(aUser(reference), input(live));

    expect(use).toMatchObject({ snapshot: undefined, problems: [{ scope: 'spec', field: 'spec.strategy' }] });
    expect(use?.problems[0]?.message).toContain(`Rollout shop/web with ${text}: spec.strategy is not readable`);
  });

  it('is none where the reference is no reference: the rules of the spec speak', () => {
    expect(presetUse(aUser('careful'), input(undefined))).toBeUndefined();
    expect(presetNow(aUser('careful'), () => undefined)).toBeUndefined();
  });

  it('is named with problems of the strategy alone', () => {
    const use = presetUse(aUser(cluster), input(aPreset('ClusterStrategyPreset')));
    const told = (field: string, message: string) => namingPreset({ scope: 'spec', field, message }, use).message;

    expect(told('spec.strategy.canary', 'Rollout shop/web: too much.')).toBe(
      'Rollout shop/web with ClusterStrategyPreset careful (generation 4): too much.',
    );
    expect(told('spec.replicas', 'Rollout shop/web: too many.')).toBe('Rollout shop/web: too many.');
    expect(told('spec.strategy.canary', 'Service shop/web: not there.')).toBe('Service shop/web: not there.');
  });
});

describe('what the next revision would run by', () => {
  it('is the preset as it is, with what the Rollout sets itself', () => {
    const now = presetNow(aUser({ name: 'careful' }, { maxSurge: 2 }), () => aPreset('StrategyPreset'));

    expect(now).toMatchObject({
      object: { spec: { strategy: { canary: { steps, maxSurge: 2 } } } },
      preset: 'StrategyPreset shop/careful',
      problems: [],
    });
  });

  it('is not known without the preset, and why', () => {
    const user = aUser(cluster);

    expect(presetNow(user, () => undefined)).toMatchObject({
      object: user,
      preset: 'ClusterStrategyPreset careful',
      problems: [{ allowed: 'there is no ClusterStrategyPreset careful' }],
    });
  });
});
