/** A failed revision that somebody tries again: by the command, or the way Argo's tools do it, by setting status.abort to false. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { textAt } from './objects.ts';
import { anApp, gitWorld, type GitWorld } from './testing/git-world.ts';

const good = anApp({ image: 'app:1' });
const bad = anApp({ image: 'app:2', greeting: 'broken' });
const unreachable = { kind: 'unreachable', message: 'https://git.example/shop.git can not be reached.' } as const;

const image = (world: GitWorld) =>
  textAt(world.cluster.get('Rollout', 'web'), ['spec', 'template', 'spec', 'containers', 0, 'image']);

let world: GitWorld;
let commit: string;
beforeEach(async () => {
  world = gitWorld();
  world.source.commit(good, 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  commit = world.source.commit(bad, 'bad');
  await world.after(70_000);
});

/** What the Rollout room makes of it: the verdict is gone, the attempt counts on. `last` is the command that was heard last. */
function tryAgain(last: JsonObject): void {
  world.cluster.setStatus('Rollout', 'web', { phase: 'Progressing', verdict: null, abort: false, attempt: 2, ...last });
}

const at = (): string => new Date(world.clock.now() + 1_000).toISOString();
const command = (verb: string): JsonObject => ({
  lastCommand: { id: '1', verb, outcome: 'Applied', message: 'm', at: at() },
});

describe.each([
  ['the command retry', () => command('retry')],
  ['status.abort set to false', () => ({})],
  ['a retry that another command followed', () => command('resume')],
])('%s', (_name, last) => {
  it('releases the commit again, lifts the quarantine and calls the revert off', async () => {
    world.source.fault = unreachable;
    world.fail('web');
    world.confirmStable('web');
    await world.settle();
    expect(world.sync().status?.quarantine).toHaveLength(1);
    tryAgain(last());
    world.source.fault = undefined;
    await world.after(70_000);

    expect(world.sync().status?.candidate?.commit).toBe(commit);
    expect(world.sync().status?.quarantine ?? []).toEqual([]);
    expect(world.reverts()[0]?.status?.phase).toBe('Superseded');
    expect(world.source.log()).toHaveLength(2);

    world.promote('web');
    await world.settle();
    expect(world.sync().status?.lastGood?.commit).toBe(commit);
  });
});

it('a revision that fails again after the retry is reverted by a new GitRevert', async () => {
  world.source.fault = unreachable;
  world.fail('web');
  world.confirmStable('web');
  await world.settle();
  tryAgain({});
  world.source.fault = undefined;
  await world.after(70_000);
  world.fail('web', { at: '2026-01-01T10:05:00Z' });
  world.confirmStable('web');
  await world.settle();

  expect(world.reverts().map((one) => one.status?.phase)).toEqual(['Superseded', 'Pushed']);
});

it('a retry after Git went back brings the good template at once', async () => {
  world.fail('web');
  await world.settle();
  expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
  tryAgain({});
  await world.after(70_000);

  expect(image(world)).toBe('app:1');
});
