/** Reverts of one branch have one writer at a time; one that waits for something else is no queue for the others. */

import { describe, expect, it } from 'vitest';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { JsonObject } from '../../kube/api.ts';
import { anApp, gitWorld, type GitWorld } from '../git-sync/testing/git-world.ts';
import type { Manifest } from '../git-sync/objects.ts';

async function badIsOut(): Promise<GitWorld> {
  const world = gitWorld();
  world.source.commit(anApp({ image: 'app:1' }), 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  world.source.commit(anApp({ image: 'app:2' }), 'bad');
  await world.after(70_000);
  return world;
}

/** An older revert of another team's GitSync on the same branch. */
function theirs(world: GitWorld, status: JsonObject): void {
  const { spec } = world.sync();
  const commit = 'a'.repeat(40);
  const failed = { rollout: 'r', templateHash: 'h', cause: 'AnalysisFailed', message: 'm' };
  world.cluster.put({
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitRevert',
    metadata: { name: 'theirs', namespace: 'other-team', uid: 'u-1', creationTimestamp: '2000-01-01T00:00:00Z' },
    spec: {
      gitSync: { name: 'theirs', uid: 'u-s' },
      repository: spec.repository,
      branch: spec.branch,
      paths: ['apps/theirs'],
      mode: 'push',
      bad: { commit, release: 'x' },
      good: { commit: 'b'.repeat(40), release: 'y', digest: 'd' },
      failed: [failed],
      cause: 'AnalysisFailed',
      verdict: 'v',
      clusterId: 'c',
    },
    status,
  } as unknown as Manifest);
}

async function failing(world: GitWorld): Promise<void> {
  world.fail('web');
  world.confirmStable('web');
  await world.settle();
}

const mine = (world: GitWorld): GitRevert | undefined => world.reverts().find((one) => one.metadata.name !== 'theirs');

describe('a revert', () => {
  it.each([
    [
      'can not log in',
      { phase: 'Pending', message: 'The credentials were refused.', nextAttemptAt: '2999-01-01T00:00:00Z' },
    ],
    ['waits for a person', { phase: 'NeedsHuman', message: 'It conflicts.', nextAttemptAt: '2999-01-01T00:00:00Z' }],
    [
      'was made but can not be pushed',
      { phase: 'Computed', commit: 'c'.repeat(40), nextAttemptAt: '2999-01-01T00:00:00Z' },
    ],
    ['was not looked at yet', {}],
  ])('passes by an older one of the same branch that %s', async (_name, status) => {
    const world = await badIsOut();
    theirs(world, status);
    await failing(world);

    expect(mine(world)?.status?.phase).toBe('Pushed');
  });

  it('waits for an older one of the same branch that is being pushed right now', async () => {
    const world = await badIsOut();
    theirs(world, { phase: 'Computed', commit: 'c'.repeat(40) });
    await failing(world);
    expect(mine(world)?.status?.message).toContain('theirs writes to the same branch');

    world.cluster.setStatus('GitRevert', 'theirs', { phase: 'Pushed' });
    await world.after(10_000);

    expect(mine(world)?.status?.phase).toBe('Pushed');
  });
});
