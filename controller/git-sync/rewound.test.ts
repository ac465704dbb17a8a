/** A branch that was moved back by force is told, and older content is not released by itself. */

import { expect, it } from 'vitest';
import { textAt } from './objects.ts';
import { anApp, gitWorld, type GitWorld } from './testing/git-world.ts';

const image = (world: GitWorld) =>
  textAt(world.cluster.get('Rollout', 'web'), ['spec', 'template', 'spec', 'containers', 0, 'image']);

/** Three good releases; gives their commits. */
async function released(): Promise<{ world: GitWorld; commits: readonly string[] }> {
  const world = gitWorld();
  const commits: string[] = [];
  for (const version of [1, 2, 3]) {
    commits.push(world.source.commit(anApp({ image: `app:${version}` }), `version ${version}`));
    await world.after(70_000);
    world.promote('web');
    await world.settle();
  }
  return { world, commits };
}

it('behind the last good commit, it is held and named, until a commit comes on top', async () => {
  const { world, commits } = await released();
  const [first = '', , third = ''] = commits;
  world.source.rewind(first);
  await world.after(70_000);

  expect(image(world)).toBe('app:3');
  const said = `Branch main was rewound from ${third.slice(0, 7)} to ${first.slice(0, 7)}`;
  expect(world.sync().status?.held?.reason).toContain(said);
  expect(world.sync().status?.conditions?.find((one) => one.type === 'GitInSync')?.reason).toBe('Rewound');

  world.restart();
  await world.after(70_000);
  expect(image(world)).toBe('app:3');

  world.source.commit(anApp({ image: 'app:4' }), 'on top');
  await world.after(70_000);
  expect(image(world)).toBe('app:4');
});

it('to the content of the last good release, while a canary is under way, it ends the canary', async () => {
  const { world, commits } = await released();
  world.source.commit(anApp({ image: 'app:4' }), 'version 4');
  await world.after(70_000);
  expect(image(world)).toBe('app:4');

  world.source.rewind(commits[2] ?? '');
  await world.after(70_000);

  expect(image(world)).toBe('app:3');
  expect(world.sync().status?.held).toBeUndefined();
});

it('moved forward again, it is as if nothing had been', async () => {
  const { world, commits } = await released();
  world.source.rewind(commits[0] ?? '');
  await world.after(70_000);
  world.source.commit(anApp({ image: 'app:3' }), 'forward');
  await world.after(70_000);

  expect(world.sync().status?.held).toBeUndefined();
  expect(world.sync().status?.phase).toBe('Good');
});
