import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { BlueGreenWorld } from './testing/blue-green-world.ts';
import { World } from './testing/world.ts';

const late = { progressDeadlineSeconds: 5, progressDeadlineAbort: false };

/** A revision whose pods never start, long after its progress deadline. */
function stuck<W extends World>(world: W): W {
  world.run();
  world.broken.add('v2');
  world.image = 'shop:2';
  world.generation += 1;
  world.run(() => false, 60_000);
  world.now += 60_000;
  return world;
}

describe('a rollout that is past its progress deadline and is not aborted by it', () => {
  it.each([
    ['canary', () => stuck(new World({ routed: true, rollout: { ...late, canary: { steps: [{ setWeight: 20 }] } } }))],
    ['blue-green', () => stuck(new BlueGreenWorld({ rollout: late }))],
  ])('is looked at again at a time to come, not at once for ever (%s)', (_name, make) => {
    const world = make();
    const { lookAgainAt, waiting } = decide(world.observe());

    expect(waiting?.reason).toBe('PodsNotAvailable');
    expect(lookAgainAt).toBeGreaterThan(world.now);
  });
});
