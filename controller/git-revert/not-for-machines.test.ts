/** Commits that no machine may take back: marked by their author, with volumes or definitions in them, or shared with others. */

import { expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import type { Files } from '../git-sync/testing/fake-source.ts';
import { aGitSync, anApp, gitWorld, type GitWorld } from '../git-sync/testing/git-world.ts';

const good = anApp({ image: 'app:1' });
const bad = anApp({ image: 'app:2' });

async function failing(files: Files, subject: string, first: Files = good): Promise<GitWorld> {
  const world = gitWorld();
  world.source.commit(first, 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  world.source.commit(files, subject);
  await world.after(70_000);
  return world;
}

async function fails(world: GitWorld): Promise<void> {
  world.fail('web');
  world.confirmStable('web');
  await world.settle();
}

const claim = (size: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { resources: { requests: { storage: size } } },
});

it('the trailer no-auto-revert of the commit is heard', async () => {
  const world = await failing(bad, 'migrate\n\nno-auto-revert: true');
  await fails(world);

  expect(world.reverts()[0]?.status?.phase).toBe('Refused');
  expect(world.reverts()[0]?.status?.message).toContain('carries the trailer no-auto-revert');
  expect(world.source.log()).toHaveLength(2);
});

it.each([
  ['changed', { 'claim.yaml': claim('1Gi') }, { 'claim.yaml': claim('2Gi') }],
  ['brought', {}, { 'claim.yaml': claim('1Gi') }],
])('a volume that the commit %s is not taken back by a machine', async (_name, before, after) => {
  const world = await failing({ ...bad, ...after }, 'bad', { ...good, ...before });
  await fails(world);

  expect(world.reverts()[0]?.status?.phase).toBe('Refused');
  expect(world.reverts()[0]?.status?.message).toContain('PersistentVolumeClaim data');
  expect(world.sync().status?.restore?.phase).toBe('Restored');
});

it('a volume that both commits have does not stand in the way', async () => {
  const world = await failing({ ...bad, 'claim.yaml': claim('1Gi') }, 'bad', { ...good, 'claim.yaml': claim('1Gi') });
  await fails(world);

  expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
});

it.each([
  ['reads the same files', { path: 'web' }, 'Refused'],
  ['reads other files', { path: 'other' }, 'Pushed'],
  ['follows another branch', { path: 'web', branch: 'next' }, 'Pushed'],
])('beside a GitSync that %s', async (_name, spec, phase) => {
  const world = await failing(bad, 'bad');
  const other = aGitSync(spec);
  world.cluster.put({ ...other, metadata: { name: 'theirs', namespace: 'other-team' } });
  await fails(world);

  expect(world.reverts()[0]?.status?.phase).toBe(phase);
  if (phase === 'Refused') expect(world.reverts()[0]?.status?.message).toContain('GitSync other-team/theirs');
});
