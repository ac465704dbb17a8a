/** Stable that can not be confirmed holds the restore, but no repair for longer than the sync's timeout. */

import { beforeEach, expect, it } from 'vitest';
import { textAt } from './objects.ts';
import { anApp, gitWorld, type GitWorld } from './testing/git-world.ts';

const image = (world: GitWorld) =>
  textAt(world.cluster.get('Rollout', 'web'), ['spec', 'template', 'spec', 'containers', 0, 'image']);
const said = (world: GitWorld): string => world.sync().status?.message ?? '';

let world: GitWorld;
beforeEach(async () => {
  world = gitWorld({ timeout: '5m', revert: { mode: 'report' } });
  world.source.commit(anApp({ image: 'app:1' }), 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  world.source.commit(anApp({ image: 'app:2' }), 'bad');
  await world.after(70_000);
  world.fail('web');
  world.cluster.setStatus('Rollout', 'web', {
    waiting: { reason: 'RouterUnconfirmed', on: 'HTTPRoute/web', moves: 'HTTPRoute web is not accepted.' },
  });
  await world.settle();
});

it('a fix-forward waits for the timeout and is released then, and what was not restored is reported', async () => {
  world.source.commit(anApp({ image: 'app:3' }), 'fix');
  await world.after(120_000);
  expect(image(world)).toBe('app:2');

  for (let round = 0; round < 5; round += 1) await world.after(60_000);

  expect(image(world)).toBe('app:3');
  const told = world.events.find((one) => one.reason === 'RestoreIncomplete')?.message;
  expect(told).toContain('Rollout web has not confirmed within 5m that all its traffic is on stable');
  expect(told).toContain('HTTPRoute web is not accepted.');
});

it('without a newer commit the restore waits on, says so, and is done when stable is confirmed', async () => {
  for (let round = 0; round < 8; round += 1) await world.after(60_000);
  expect(world.sync().status?.restore?.phase).toBe('Pending');
  expect(said(world)).toContain('a commit that repairs it is applied without waiting');

  world.confirmStable('web');
  await world.settle();

  expect(world.sync().status?.restore?.phase).toBe('Restored');
});
