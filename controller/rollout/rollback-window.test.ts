import { describe, expect, it } from 'vitest';
import { watchInvariants } from './testing/invariants.ts';
import { isWithinWindow } from './rollback-window.ts';
import { anObserved, aReplicaSet, shopKeys } from './testing/builders.ts';
import { World } from './testing/world.ts';

const steps = [{ setWeight: 20 }, { pause: {} }];
const analysis = { templates: [{ templateName: 'errors' }] };

/** Revisions v1 to v4 were released one after the other; v4 is stable. */
function history(revisions: number, routed = true): { world: World; violations: string[] } {
  const rollout = { rollbackWindow: { revisions }, canary: { steps, analysis } };
  const world = new World({ routed, rollout, backgroundIsGood: true });
  const violations = watchInvariants(world, { drainMs: routed ? 10_000 : 0 });
  world.run();
  for (const image of ['shop:2', 'shop:3', 'shop:4']) {
    release(world, image);
    world.run();
    world.status = { ...world.status, promoteFull: true };
    world.run();
  }
  expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v4' });
  world.facts.length = 0;
  world.runs = [];
  return { world, violations };
}

function release(world: World, image: string): void {
  world.image = image;
  world.generation += 1;
}

it('goes by the time of creation, and by the number of the revision within a second', () => {
  const made = (podHash: string, revision: number, second: number) => {
    const set = aReplicaSet(podHash, { revision });
    return { ...set, metadata: { ...set.metadata, creationTimestamp: `2026-01-01T00:00:0${second}Z` } };
  };
  const isWithin = (...replicaSets: ReturnType<typeof made>[]) =>
    isWithinWindow(anObserved({ replicaSets, rollout: { rollbackWindow: { revisions: 1 } } }), 'one', 'two');

  expect(isWithin(made('one', 9, 1), made('two', 2, 2))).toBe(true);
  expect(isWithin(made('one', 1, 2), made('two', 2, 2))).toBe(true);
  expect(isWithin(made('one', 1, 3), made('two', 2, 2))).toBe(false);
  expect(isWithin(made('one', 1, 1), made('between', 3, 2), made('two', 2, 3))).toBe(false);
});

describe.each([
  ['with a router', true],
  ['by numbers of pods', false],
])('rollbackWindow %s', (_name, routed) => {
  it('skips steps and analysis on the way back to a recent revision [Rollout.spec.rollbackWindow.revisions, event:SkipSteps]', () => {
    const { world, violations } = history(2, routed);
    release(world, 'shop:2');
    world.run();

    expect(violations).toEqual([]);
    expect(world.facts).toContain('SkipSteps');
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2', currentStepIndex: 2 });
    expect(world.runs).toEqual([]);
    expect(world.sets.get('v2')).toMatchObject({ revision: 5, annotations: { [shopKeys.revisionHistory]: '2' } });
  });

  it('an older one takes the steps [Rollout.spec.rollbackWindow.revisions]', () => {
    const { world, violations } = history(2, routed);
    release(world, 'shop:1');
    world.run();

    expect(violations).toEqual([]);
    expect(world.facts).not.toContain('SkipSteps');
    expect(world.status).toMatchObject({ phase: 'Paused', stableRS: 'v4', currentStepIndex: 1 });
  });
});

describe('rollbackWindow', () => {
  it('never leads back to a revision that failed', () => {
    const { world } = history(3);
    release(world, 'shop:5');
    world.run();
    world.status = { ...world.status, abort: true };
    world.run();
    release(world, 'shop:6');
    world.run();
    world.status = { ...world.status, promoteFull: true };
    world.run();
    release(world, 'shop:5');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v6' });
  });

  it('first gives up the revision that is under way', () => {
    const { world, violations } = history(2);
    release(world, 'shop:5');
    world.run();
    expect(world.weight).toBe(20);
    release(world, 'shop:3');
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(world.readyPods('v5')).toBe(0);
  });
});
