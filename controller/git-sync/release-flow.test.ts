/** GitSync and GitRevert from commit to revert, over a cluster and a repository in memory. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { anApp, gitWorld, type GitWorld } from './testing/git-world.ts';
import { textAt, valueAt } from './objects.ts';

const good = anApp({ image: 'app:1' });
const bad = anApp({ image: 'app:2', greeting: 'broken' });

/** A world whose first release is good. */
async function released(spec: JsonObject = {}): Promise<GitWorld> {
  const world = gitWorld(spec);
  world.source.commit(good, 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  return world;
}

async function push(world: GitWorld, files: Readonly<Record<string, JsonObject>>, subject?: string): Promise<string> {
  const commit = world.source.commit(files, subject);
  await world.after(70_000);
  return commit;
}

function imageOf(world: GitWorld, name = 'web'): unknown {
  return valueAt(world.cluster.get('Rollout', name), ['spec', 'template', 'spec', 'containers', 0, 'image']);
}

function plainConfig(world: GitWorld): unknown {
  return valueAt(world.cluster.get('ConfigMap', 'web-config'), ['data', 'GREETING']);
}

describe('the first release', () => {
  it('is good when its Rollout is healthy, and writes nothing more then', async () => {
    const world = await released();

    expect(world.sync().status?.phase).toBe('Good');
    expect(world.sync().status?.lastGood?.commit).toBe(world.source.tip().id);
    expect(world.release(world.source.tip().id)?.status?.phase).toBe('Good');
    const before = world.cluster.writes.length;
    await world.after(600_000);
    expect(world.cluster.writes.length).toBe(before);
  });

  it('that fails is reported, and nothing is reverted or deleted', async () => {
    const world = gitWorld();
    const first = world.source.commit(good);
    await world.settle();
    world.fail('web');
    await world.settle();

    expect(world.sync().status?.phase).toBe('Failed');
    expect(world.release(first)?.status?.phase).toBe('Bad');
    expect(world.reverts()).toEqual([]);
    expect(world.cluster.writes.filter((one) => one.startsWith('delete'))).toEqual([]);
  });

  it('reads config by a copy whose name says what is in it', async () => {
    const world = await released();

    const copy = textAt(world.cluster.get('Rollout', 'web'), [
      'spec',
      'template',
      'spec',
      'containers',
      0,
      'envFrom',
      0,
      'configMapRef',
      'name',
    ]);
    expect(copy).toMatch(/^web-config-[0-9a-f]{8}$/);
    expect(world.cluster.get('ConfigMap', copy ?? '')?.['immutable']).toBe(true);
  });
});

describe('a later release', () => {
  it('changes the plain config only when its Rollout is promoted, and is good then', async () => {
    const world = await released();

    const commit = await push(world, anApp({ image: 'app:2', greeting: 'new' }));
    expect(imageOf(world)).toBe('app:2');
    expect(plainConfig(world)).toBe('hello');
    world.promote('web');
    await world.settle();

    expect(plainConfig(world)).toBe('new');
    expect(world.sync().status?.lastGood?.commit).toBe(commit);
    expect(world.sync().status?.conditions?.find((one) => one.type === 'GitInSync')?.status).toBe('True');
  });

  it('bakes before it is good', async () => {
    const world = await released({ bake: '10m' });
    await push(world, bad);
    world.promote('web');
    await world.settle();
    expect(world.sync().status?.phase).toBe('Baking');

    await world.after(601_000);

    expect(world.sync().status?.phase).toBe('Good');
  });

  it('deletes what left Git, once it is good', async () => {
    const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old' }, data: {} };
    const world = gitWorld();
    world.source.commit({ ...good, 'old.yaml': extra });
    await world.settle();
    world.promote('web');
    await world.settle();
    await push(world, bad);
    expect(world.cluster.get('ConfigMap', 'old')).toBeDefined();

    world.promote('web');
    await world.settle();

    expect(world.cluster.get('ConfigMap', 'old')).toBeUndefined();
  });

  it('with the same content is recognised without a new release', async () => {
    const world = await released();
    const releases = world.cluster.all('Release').length;

    await push(world, good, 'same files');

    expect(world.cluster.all('Release').length).toBe(releases);
    expect(world.sync().status?.phase).toBe('Good');
  });
});

describe('a failed release', () => {
  it('is reverted in Git at once, and restored when stable is confirmed', async () => {
    const world = await released();
    const goodCommit = world.source.tip().id;
    const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'only-bad' }, data: {} };
    const badCommit = await push(world, { ...bad, 'extra.yaml': extra });
    world.fail('web');
    await world.settle();
    expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeDefined();

    world.confirmStable('web');
    await world.settle();

    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeUndefined();
    expect(imageOf(world)).toBe('app:2');
    expect(world.release(badCommit)?.status?.phase).toBe('Bad');
    expect(world.source.tip().files).toEqual(good);
    expect(world.source.tip().parent).toBe(badCommit);
    expect(world.source.tip().message).toContain(`Tidegate-Revert-Of: ${badCommit}`);
    expect(world.source.tip().message).toContain(`Tidegate-Good: ${goodCommit}`);
  });

  it('ends with Git and cluster in agreement when the revert arrives', async () => {
    const world = await released();
    await push(world, bad);
    world.fail('web');
    await world.settle();
    world.confirmStable('web');
    await world.settle();

    await world.after(70_000);
    expect(imageOf(world)).toBe('app:1');
    world.promote('web');
    await world.settle();

    expect(world.sync().status?.phase).toBe('Good');
    expect(world.sync().status?.conditions?.find((one) => one.type === 'GitInSync')?.status).toBe('True');
    expect(world.source.log()).toHaveLength(3);
  });

  it('is held as quarantined when the bad content is pushed again beside an unrelated edit', async () => {
    const world = await released();
    await push(world, bad);
    world.fail('web');
    await world.settle();
    world.confirmStable('web');
    await world.after(70_000);
    world.promote('web');
    await world.settle();

    const unrelated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' }, data: {} };
    await push(world, { ...bad, 'other.yaml': unrelated });

    expect(world.sync().status?.phase).toBe('Held');
    expect(world.sync().status?.held?.reason).toContain('which failed in commit');
    expect(imageOf(world)).toBe('app:1');
    expect(world.cluster.get('ConfigMap', 'other')).toBeUndefined();
  });

  it('with keep-git leaves Git alone and names who asked', async () => {
    const world = await released();
    await push(world, bad);
    world.fail('web', { cause: 'AbortedByUser', actor: 'jane', keepGit: true });
    world.confirmStable('web');
    await world.settle();

    expect(world.reverts()).toEqual([]);
    const ahead = world.sync().status?.conditions?.find((one) => one.type === 'GitAhead');
    expect(ahead?.status).toBe('True');
    expect(ahead?.message).toContain('jane');
  });

  it('is followed by a fix-forward that starts from last good', async () => {
    const world = await released({ revert: { mode: 'report' } });
    await push(world, bad);
    world.fail('web');
    world.confirmStable('web');
    await world.settle();
    expect(world.reverts()[0]?.status?.phase).toBe('Reported');

    const fix = await push(world, anApp({ image: 'app:3' }));
    expect(imageOf(world)).toBe('app:3');
    world.promote('web');
    await world.settle();

    expect(world.sync().status?.lastGood?.commit).toBe(fix);
    expect(world.sync().status?.restore).toBeUndefined();
  });

  it('takes the other Rollouts of the commit back by command, then by template', async () => {
    const two = { ...good, ...anApp({ name: 'api', image: 'api:1' }) };
    const world = gitWorld();
    world.source.commit(two);
    await world.settle();
    world.promote('web');
    world.promote('api');
    await world.settle();
    const stable = valueAt(world.cluster.get('Rollout', 'api'), ['status', 'stableRS']);
    await push(world, { ...bad, ...anApp({ name: 'api', image: 'api:2' }) });
    world.promote('api');
    world.fail('web');
    world.confirmStable('web');
    await world.settle();

    const annotations = world.cluster.get('Rollout', 'api')?.metadata.annotations ?? {};
    expect(annotations['tidegate.io/command']).toBe('rollback');
    expect(annotations['tidegate.io/command-revision']).toBe(stable);
    expect(annotations['tidegate.io/command-actor']).toMatch(/^release\/web-/);
    world.fail('api', { cause: 'AbortedByUser', actor: annotations['tidegate.io/command-actor'] ?? '' });
    world.cluster.setStatus('Rollout', 'api', { stableRS: stable ?? '' });
    await world.settle();

    expect(imageOf(world, 'api')).toBe('api:1');
    expect(world.release(world.source.log()[1]?.id ?? '')?.status?.failed?.map((one) => one.rollout)).toEqual(['web']);
    expect(world.sync().status?.restore?.phase).toBe('Restored');
  });
});

describe('Git away', () => {
  it('does not keep the cluster from going back, and the revert lands when it returns', async () => {
    const world = await released();
    await push(world, {
      ...bad,
      'extra.yaml': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'only-bad' }, data: {} },
    });
    world.source.fault = { kind: 'unreachable', message: 'https://git.example/shop.git can not be reached.' };
    world.fail('web');
    world.confirmStable('web');
    await world.settle();
    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeUndefined();
    expect(world.sync().status?.restore?.phase).toBe('Restored');
    await world.after(70_000);
    await world.after(2_000);
    expect(world.sync().status?.conditions?.find((one) => one.type === 'SourceReachable')?.status).toBe('False');

    world.restart();
    world.source.forget();
    await world.after(3_600_000);
    world.source.fault = undefined;
    await world.after(400_000);

    expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
    expect(world.source.tip().files).toEqual(good);
  });
});

describe('a commit that can not be used', () => {
  it('is held with file, line and reason when it does not render', async () => {
    const world = await released();

    await push(world, {
      ...good,
      'app/x.yaml': { broken: 'app/x.yaml:3: duplicated key "name"; remove one of the two.' },
    });

    expect(world.sync().status?.held?.reason).toContain('duplicated key');
    expect(world.sync().status?.phase).toBe('Held');
  });

  it('changes nothing when one object is refused by the server', async () => {
    const world = await released();
    const before = JSON.stringify(
      ['Rollout', 'ConfigMap', 'Service', 'HTTPRoute'].map((kind) => world.cluster.all(kind)),
    );
    world.cluster.intercept = (verb, key, { dryRun }) =>
      verb === 'apply' && key.name === 'web-canary' && dryRun === true
        ? {
            kind: 'invalid',
            message: 'Service "web-canary" is invalid',
            problems: [
              { field: 'spec.ports[0].port', message: 'Invalid value: 70000: must be between 1 and 65535, inclusive' },
            ],
          }
        : undefined;

    await push(world, bad);

    expect(world.sync().status?.held?.reason).toContain('Service shop/web-canary');
    expect(world.sync().status?.held?.reason).toContain('spec.ports[0].port');
    expect(
      JSON.stringify(['Rollout', 'ConfigMap', 'Service', 'HTTPRoute'].map((kind) => world.cluster.all(kind))),
    ).toBe(before);
  });

  it('names the namespace it may not write to', async () => {
    const world = await released();

    await push(world, {
      ...bad,
      'x.yaml': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'other' } },
    });

    expect(world.sync().status?.held?.reason).toContain('ConfigMap other/x: metadata.namespace is "other"');
    expect(imageOf(world)).toBe('app:1');
  });

  it('goes back at the timeout when an object fails after the dry-run', async () => {
    const world = await released({ timeout: '1m' });
    world.cluster.intercept = (verb, key, { dryRun }) =>
      verb === 'apply' && key.kind === 'Rollout' && dryRun !== true
        ? { kind: 'forbidden', message: 'quota', right: 'patch rollouts.tidegate.io in namespace shop' }
        : undefined;
    const commit = await push(world, {
      ...bad,
      'new.yaml': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' }, data: {} },
    });
    expect(world.cluster.get('ConfigMap', 'new')).toBeDefined();

    await world.after(61_000);
    await world.after(20_000);

    expect(world.cluster.get('ConfigMap', 'new')).toBeUndefined();
    expect(world.release(commit)?.status?.phase).toBe('Held');
    expect(world.reverts()).toEqual([]);
    expect(world.sync().status?.held?.reason).toContain('patch rollouts.tidegate.io');
  });
});

describe('deletion of the GitSync', () => {
  it('settles a canary on stable before the finalizer goes, and leaves the objects', async () => {
    const world = await released();
    await push(world, bad);
    world.cluster.setStatus('Rollout', 'web', { currentPodHash: 'new', phase: 'Progressing' });
    world.cluster.remove('GitSync', 'web');
    await world.settle();
    expect(world.cluster.get('Rollout', 'web')?.metadata.annotations?.['tidegate.io/command']).toBe('abort');
    expect(world.cluster.get('GitSync', 'web')).toBeDefined();

    world.cluster.setStatus('Rollout', 'web', {
      observedGeneration: world.cluster.get('Rollout', 'web')?.metadata.generation ?? 0,
      abort: true,
      verdict: {
        outcome: 'Failed',
        cause: 'AbortedByUser',
        podHash: 'new',
        revision: 2,
        at: 'x',
        message: 'm',
        confirmedStableAt: 'x',
      },
    });
    await world.settle();

    expect(world.cluster.get('GitSync', 'web')).toBeUndefined();
    expect(world.cluster.get('Rollout', 'web')).toBeDefined();
  });

  it('with prune deletes exactly what it applied', async () => {
    const world = await released({ deletionPolicy: 'prune' });
    world.cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs' } } as never);

    world.cluster.remove('GitSync', 'web');
    await world.settle();

    expect(world.cluster.get('GitSync', 'web')).toBeUndefined();
    expect(world.cluster.get('Rollout', 'web')).toBeUndefined();
    expect(world.cluster.get('ConfigMap', 'theirs')).toBeDefined();
  });
});
