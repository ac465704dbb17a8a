/** A restore leaves the failed Rollout as it is, but not the weights that it holds to Git. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { numberAt, valueAt, withValueAt } from './objects.ts';
import { aRoute, anApp, gitWorld, type GitWorld } from './testing/git-world.ts';

const hostnames = ['spec', 'hostnames'];
const route = (host: string, name = 'web'): JsonObject =>
  withValueAt(aRoute(name, 60) as never, hostnames, [host]) as unknown as JsonObject;

async function released(): Promise<GitWorld> {
  const world = gitWorld();
  world.source.commit({ ...anApp({ image: 'app:1' }), 'web/route.yaml': route('good.example') });
  await world.settle();
  world.promote('web');
  await world.settle();
  return world;
}

async function failing(world: GitWorld, files: Readonly<Record<string, JsonObject>>): Promise<void> {
  world.source.commit(files);
  await world.after(70_000);
  world.fail('web');
  await world.settle();
  world.confirmStable('web');
  await world.settle();
}

const canaryWeight = (world: GitWorld) =>
  numberAt(world.cluster.get('HTTPRoute', 'web'), ['spec', 'rules', 0, 'backendRefs', 1, 'weight']);

describe('a route that a failed release changed', () => {
  it('goes back to its last good content with the weights that it has', async () => {
    const world = await released();
    await failing(world, { ...anApp({ image: 'app:2' }), 'web/route.yaml': route('bad.example') });

    expect(world.sync().status?.restore?.phase).toBe('Restored');
    expect(valueAt(world.cluster.get('HTTPRoute', 'web'), hostnames)).toEqual(['good.example']);
    expect(canaryWeight(world)).toBe(0);
  });

  it('keeps them too when the failed Rollout had moved to another route', async () => {
    const world = await released();
    const { 'web/route.yaml': _left, ...bad } = anApp({ image: 'app:2' });
    const moved = ['spec', 'strategy', 'canary', 'trafficRouting', 'gatewayAPI', 'httpRoutes', 0, 'name'];
    await failing(world, {
      ...bad,
      'web/rollout.yaml': withValueAt(bad['web/rollout.yaml'] as never, moved, 'second') as unknown as JsonObject,
      'web/second.yaml': route('bad.example', 'second'),
    });

    expect(world.sync().status?.restore?.phase).toBe('Restored');
    expect(canaryWeight(world)).toBe(0);
  });
});
