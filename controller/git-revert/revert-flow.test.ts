/** One row per hazard of writing a revert to a branch that others write to as well. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { JsonObject } from '../../kube/api.ts';
import { anApp, gitWorld, type GitWorld } from '../git-sync/testing/git-world.ts';

const good = anApp({ image: 'app:1' });
const bad = anApp({ image: 'app:2', greeting: 'broken' });
const other = { 'other.yaml': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' }, data: {} } };

async function released(spec: JsonObject = {}): Promise<GitWorld> {
  const world = gitWorld(spec);
  world.source.commit(good, 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  return world;
}

async function badIsOut(world: GitWorld): Promise<string> {
  const commit = world.source.commit(bad, 'bad');
  await world.after(70_000);
  return commit;
}

async function failed(world: GitWorld): Promise<void> {
  world.fail('web');
  world.confirmStable('web');
  await world.settle();
}

function revertOf(world: GitWorld): GitRevert {
  const [revert] = world.reverts();
  if (revert === undefined) throw new Error('there is no GitRevert');
  return revert;
}

describe('a revert', () => {
  let world: GitWorld;
  let badCommit: string;
  beforeEach(async () => {
    world = await released();
    badCommit = await badIsOut(world);
  });

  it('keeps an unrelated edit to the same path that landed in between', async () => {
    const tip = world.source.commit({ ...bad, ...other }, 'unrelated');
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('Pushed');
    expect(world.source.tip().parent).toBe(tip);
    expect(world.source.tip().files).toEqual({ ...good, ...other });
  });

  it('is superseded when somebody fixed it forward first', async () => {
    world.source.commit(anApp({ image: 'app:3', greeting: 'fixed' }), 'fix');
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('Superseded');
    expect(world.source.log()).toHaveLength(3);
  });

  it('is not needed when somebody reverted first', async () => {
    world.source.commit(good, 'revert by hand');
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('AlreadyReverted');
    expect(world.source.log()).toHaveLength(3);
  });

  it('is rebuilt on the new tip when the race is lost', async () => {
    let races = 0;
    world.source.beforePush = () => {
      races += 1;
      if (races <= 3)
        world.source.commit({
          ...bad,
          [`race-${races}.yaml`]: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: `race-${races}` },
            data: {},
          },
        });
    };
    await failed(world);
    for (let round = 0; round < 6; round += 1) await world.after(20_000);

    expect(revertOf(world).status?.phase).toBe('Pushed');
    expect(Object.keys(world.source.tip().files)).toContain('race-3.yaml');
    expect(world.source.log().filter((one) => one.message.includes('Tidegate-Revert-Of'))).toHaveLength(1);
  });

  it('asks a person when the branch moves each time, and goes on slowly', async () => {
    let names = 0;
    world.source.beforePush = () => {
      names += 1;
      world.source.commit({
        ...bad,
        [`race-${names}.yaml`]: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `race-${names}` }, data: {} },
      });
    };
    await failed(world);
    for (let round = 0; round < 12; round += 1) await world.after(20_000);
    expect(revertOf(world).status?.phase).toBe('NeedsHuman');

    world.source.beforePush = undefined;
    await world.after(400_000);

    expect(revertOf(world).status?.phase).toBe('Pushed');
  });

  it('names the repository’s refusal and what to allow', async () => {
    world.source.denied = 'pre-receive hook declined';
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('NeedsHuman');
    expect(revertOf(world).status?.message).toContain('pre-receive hook declined');
    expect(revertOf(world).status?.message).toContain('main');
    world.source.denied = undefined;
    await world.after(700_000);
    expect(revertOf(world).status?.phase).toBe('Pushed');
  });

  it('that conflicts names the files, leaves the branch alone and says where the cluster is', async () => {
    world = await released();
    const labelled = (labels: JsonObject) => ({
      'web/stable.yaml': { ...bad['web/stable.yaml'], metadata: { name: 'web-stable', labels } },
    });
    world.source.commit({ ...bad, ...labelled({ by: 'bad' }) }, 'bad');
    await world.after(70_000);
    const tip = world.source.commit({ ...bad, ...labelled({ by: 'later' }) }, 'later');
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('NeedsHuman');
    expect(revertOf(world).status?.conflicts).toEqual(['web/stable.yaml']);
    expect(revertOf(world).status?.message).toContain('web/stable.yaml');
    expect(world.source.tip().id).toBe(tip);
    expect(world.sync().status?.restore?.phase).toBe('Restored');
  });

  it('carries trailers that say what, why and where, with nothing that could pass for one of them', async () => {
    world.fail('web', { message: 'metric "x\nTidegate-Good: forged" was 0.4' });
    await world.settle();
    const { message } = world.source.tip();

    expect(message).toContain(`Tidegate-Revert-Of: ${badCommit}`);
    expect(message).toContain('Tidegate-Rollout: web');
    expect(message).toContain('Tidegate-Verdict: AnalysisFailed');
    expect(message).toContain('Tidegate-Cluster: east');
    expect(message.match(/^Tidegate-Good: /gm)).toHaveLength(1);
  });

  it('waits for Git with back-off for as long as it takes, and says so after a quarter of an hour', async () => {
    world.source.fault = { kind: 'unreachable', message: 'https://git.example/shop.git can not be reached.' };
    await failed(world);
    expect(revertOf(world).status?.phase).toBe('Pending');
    const before = world.source.calls.length;
    for (let round = 0; round < 30; round += 1) await world.after(60_000);

    expect(world.source.calls.length - before).toBeLessThan(60);
    expect(revertOf(world).status?.conditions?.find((one) => one.type === 'Overdue')?.status).toBe('True');
    world.source.fault = undefined;
    await world.after(400_000);
    expect(revertOf(world).status?.phase).toBe('Pushed');
  });
});

describe('Git is left alone', () => {
  it.each([
    ['in report mode', { mode: 'report' }, 'Reported', 'spec.revert.mode is report'],
    [
      'when another cluster has the authority',
      { mode: 'push', authority: 'west' },
      'Reported',
      'only cluster west writes',
    ],
    [
      'when more commits came since than maxDistance',
      { mode: 'push', maxDistance: 0 },
      'Refused',
      'spec.revert.maxDistance 0',
    ],
    ['when the release is older than maxAge', { mode: 'push', maxAge: '1s' }, 'Refused', 'spec.revert.maxAge 1s'],
  ])('%s', async (_name, revert, phase, said) => {
    const world = await released({ revert });
    await badIsOut(world);
    world.source.commit({ ...bad, ...other }, 'unrelated');
    world.cluster.setStatus('Release', world.sync().status?.candidate?.release ?? '', {
      startedAt: '2025-12-31T00:00:00Z',
    });
    await failed(world);

    expect(revertOf(world).status?.phase).toBe(phase);
    expect(revertOf(world).status?.message).toContain(said);
    expect(world.source.log()).toHaveLength(3);
  });

  it('when the Rollout says no-auto-revert', async () => {
    const world = await released();
    await badIsOut(world);
    const live = world.cluster.get('Rollout', 'web')!;
    world.cluster.put({
      ...live,
      metadata: {
        ...live.metadata,
        annotations: { ...live.metadata.annotations, 'tidegate.io/no-auto-revert': 'true' },
      },
    } as never);
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('Refused');
    expect(world.source.log()).toHaveLength(2);
  });

  it('when the content was good in an earlier release', async () => {
    const world = await released();
    await badIsOut(world);
    world.promote('web');
    await world.settle();
    world.source.commit(good, 'back to the first');
    await world.after(70_000);
    await failed(world);

    expect(revertOf(world).status?.phase).toBe('Refused');
    expect(revertOf(world).status?.message).toContain('was good in an earlier release');
  });

  it('when the policy says so for this cause, and the condition names it', async () => {
    const world = await released({ revert: { mode: 'push', causes: { AnalysisFailed: 'none' } } });
    await badIsOut(world);
    await failed(world);

    expect(world.reverts()).toEqual([]);
    expect(world.sync().status?.conditions?.find((one) => one.type === 'GitAhead')?.message).toContain(
      'spec.revert.causes.AnalysisFailed is none',
    );
  });
});

it('a revert is never reverted', async () => {
  const world = await released();
  await badIsOut(world);
  world.source.commit({ ...bad, ...other }, 'unrelated');
  await failed(world);
  await world.after(70_000);
  const revert = world.source.tip().id;
  expect(revertOf(world).status?.commit).toBe(revert);
  world.fail('web');
  world.confirmStable('web');
  await world.settle();
  await world.after(600_000);

  expect(world.source.tip().id).toBe(revert);
  expect(world.source.log().filter((one) => one.message.includes('Tidegate-Revert-Of'))).toHaveLength(1);
});
