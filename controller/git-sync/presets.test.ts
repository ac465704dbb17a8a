/** A preset in Git is applied before the Rollouts that name it, and goes back with a release that failed. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { valueAt } from './objects.ts';
import { anApp, gitWorld } from './testing/git-world.ts';

function files(image: string, weight: number): Readonly<Record<string, JsonObject>> {
  const preset: JsonObject = {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'StrategyPreset',
    metadata: { name: 'careful' },
    spec: { strategy: { canary: { steps: [{ setWeight: weight }, { pause: {} }] } } },
  };
  return { ...anApp({ image }), 'preset.yaml': preset };
}

describe('a preset in the set of a GitSync', () => {
  it('comes before the Rollouts, changes with its commit and goes back with it', async () => {
    const world = gitWorld();
    const weight = () =>
      valueAt(world.cluster.get('StrategyPreset', 'careful'), ['spec', 'strategy', 'canary', 'steps']);
    world.source.commit(files('app:1', 20), 'first');
    await world.settle();
    const applied = world.cluster.writes.filter((one) => / (StrategyPreset|Rollout)\//.test(one));
    world.promote('web');
    await world.settle();
    world.source.commit(files('app:2', 80), 'second');
    await world.after(70_000);

    expect(applied.map((one) => one.split(' ')[1])).toEqual(['StrategyPreset/careful', 'Rollout/web']);
    expect(weight()).toEqual([{ setWeight: 80 }, { pause: {} }]);

    world.fail('web');
    await world.settle();
    world.confirmStable('web');
    await world.settle();

    expect(world.reverts()).toHaveLength(1);
    expect(weight()).toEqual([{ setWeight: 20 }, { pause: {} }]);
  });
});
