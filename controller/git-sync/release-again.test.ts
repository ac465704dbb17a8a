/** A failed release that comes back or was changed beside the failure: what exactly is reverted, and what is held. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { valueAt } from './objects.ts';
import { anApp, type GitWorld, gitWorld } from './testing/git-world.ts';

const good = anApp({ image: 'app:1' });
const bad = anApp({ image: 'app:2', greeting: 'broken' });
const other: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' }, data: { owner: 'shop' } };

async function released(): Promise<GitWorld> {
  const world = gitWorld();
  world.source.commit(good, 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  return world;
}

async function push(world: GitWorld, files: Readonly<Record<string, JsonObject>>): Promise<string> {
  const commit = world.source.commit(files);
  await world.after(70_000);
  return commit;
}

async function failAndGoBack(world: GitWorld): Promise<void> {
  world.fail('web');
  await world.settle();
  world.confirmStable('web');
  await world.after(140_000);
  world.promote('web');
  await world.settle();
}

describe('a failed release', () => {
  it('keeps what a later commit changed beside the failed revision', async () => {
    const world = await released();
    const badCommit = await push(world, bad);
    const unrelated = await push(world, { ...bad, 'other.yaml': other });

    world.fail('web');
    await world.settle();

    expect(world.reverts().map((one) => one.spec.bad.commit)).toEqual([badCommit]);
    expect(world.source.tip().parent).toBe(unrelated);
    expect(world.source.tip().files).toEqual({ ...good, 'other.yaml': other });
  });

  it('is held when exactly its content is pushed again after another good release', async () => {
    const world = await released();
    await push(world, bad);
    await failAndGoBack(world);
    await push(world, anApp({ image: 'app:3' }));
    world.promote('web');
    await world.settle();
    expect(world.sync().status?.phase).toBe('Good');

    const again = await push(world, bad);
    await world.after(70_000);

    expect(world.sync().status?.held?.commit).toBe(again);
    expect(world.sync().status?.phase).toBe('Held');
  });

  it('is held when its first content comes back, which a later commit had changed before it failed', async () => {
    const world = await released();
    await push(world, bad);
    await push(world, { ...bad, 'other.yaml': other });
    await failAndGoBack(world);
    await push(world, anApp({ image: 'app:3' }));
    world.promote('web');
    await world.settle();

    const again = await push(world, bad);
    await world.after(70_000);

    expect(world.sync().status?.held?.commit).toBe(again);
  });
});

describe('an object that could not be tried when the set was applied', () => {
  it('is tried again before the release counts as applied', async () => {
    const world = await released();
    let conflicts = 0;
    let saidApplied: boolean | undefined;
    world.cluster.intercept = (_verb, key, { dryRun }) => {
      if (world.sync().status?.candidate === undefined || conflicts >= 30) return undefined;
      // The Rollout changes by itself all the time, so an earlier answer about it does not count any more.
      const status = valueAt(world.cluster.get('Rollout', 'web'), ['status']);
      world.cluster.setStatus('Rollout', 'web', { ...(status as JsonObject), message: `changed ${conflicts}` });
      if (key.kind !== 'Rollout') return undefined;
      if (dryRun !== true) saidApplied = world.release(world.source.tip().id)?.status?.appliedAt !== undefined;
      if (dryRun !== true) return undefined;
      conflicts += 1;
      if (conflicts > 3) return undefined;
      return { kind: 'conflict', message: 'the object has been modified' };
    };

    await push(world, bad);

    expect(conflicts).toBeGreaterThan(0);
    expect(saidApplied).toBe(false);
    const live = world.cluster.get('Rollout', 'web');
    expect(valueAt(live, ['spec', 'template', 'spec', 'containers', 0, 'image'])).toBe('app:2');
  });
});
