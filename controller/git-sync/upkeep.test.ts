/** What a GitSync does beside releasing: requests, suspension, accounts, owners, retries, the ledger, Rollouts that leave. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { aGitSync, anApp, gitWorld, type GitWorld } from './testing/git-world.ts';
import { type Manifest, textAt, valueAt, withMetadata, withValueAt } from './objects.ts';

const good = anApp({ image: 'app:1' });
const bad = anApp({ image: 'app:2', greeting: 'broken' });
const config = (name: string, data: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

async function released(spec: JsonObject = {}, files: Readonly<Record<string, JsonObject>> = good): Promise<GitWorld> {
  const world = gitWorld(spec);
  world.source.commit(files, 'first');
  await world.settle();
  for (const one of world.cluster.all('Rollout')) world.promote(one.metadata.name);
  await world.settle();
  return world;
}

async function push(world: GitWorld, files: Readonly<Record<string, JsonObject>>): Promise<string> {
  const commit = world.source.commit(files);
  await world.after(70_000);
  return commit;
}

function change(world: GitWorld, edit: (sync: Manifest) => Manifest): void {
  world.cluster.put(edit(world.cluster.get('GitSync', 'web')!));
}

const image = (world: GitWorld, name = 'web') =>
  textAt(world.cluster.get('Rollout', name), ['spec', 'template', 'spec', 'containers', 0, 'image']);
const condition = (world: GitWorld, type: string) => world.sync().status?.conditions?.find((one) => one.type === type);

describe('a sync request', () => {
  const asking = (token: string) => (sync: Manifest) =>
    withValueAt(sync, ['metadata', 'annotations', 'tidegate.io/sync-requested-at'], token);

  it('is fetched for at once and answered by its token', async () => {
    const world = await released();
    world.source.commit(bad);
    change(world, asking('now'));
    await world.settle();

    expect(image(world)).toBe('app:2');
    expect(world.sync().status?.handledSyncRequest).toBe('now');
  });

  it('undoes a hand edit of the good release', async () => {
    const world = await released();
    world.cluster.put(withValueAt(world.cluster.get('ConfigMap', 'web-config')!, ['data', 'GREETING'], 'by hand'));
    change(world, asking('repair'));
    await world.settle();

    expect(valueAt(world.cluster.get('ConfigMap', 'web-config'), ['data', 'GREETING'])).toBe('hello');
    expect(world.sync().status?.handledSyncRequest).toBe('repair');
  });

  it('in the middle of a canary changes no weight', async () => {
    const world = await released();
    await push(world, bad);
    const route = world.cluster.get('HTTPRoute', 'web')!;
    const at = ['spec', 'rules', 0, 'backendRefs'];
    world.cluster.put(withValueAt(withValueAt(route, [...at, 0, 'weight'], 80), [...at, 1, 'weight'], 20));
    change(world, asking('mid'));
    await world.settle();

    expect(world.sync().status?.handledSyncRequest).toBe('mid');
    expect(valueAt(world.cluster.get('HTTPRoute', 'web'), [...at, 1, 'weight'])).toBe(20);
  });

  it('is answered although the commit is held', async () => {
    const world = await released();
    world.source.commit({ ...good, 'x.yaml': { ...config('x'), metadata: { name: 'x', namespace: 'elsewhere' } } });
    change(world, asking('held'));
    await world.settle();

    expect(world.sync().status?.handledSyncRequest).toBe('held');
    expect(world.sync().status?.phase).toBe('Held');
  });

  it('is answered although Git is away', async () => {
    const world = await released();
    world.source.fault = { kind: 'unreachable', message: 'away' };
    change(world, asking('away'));
    await world.settle();
    await world.after(2_000);

    expect(world.sync().status?.handledSyncRequest).toBe('away');
    expect(condition(world, 'SourceReachable')?.status).toBe('False');
  });
});

it('suspended, it looks at no new commit, but a failed release is taken back', async () => {
  const world = await released();
  await push(world, bad);
  change(world, (sync) => withValueAt(sync, ['spec', 'suspend'], true));
  await push(world, anApp({ image: 'app:3' }));
  expect(image(world)).toBe('app:2');

  world.fail('web');
  world.confirmStable('web');
  await world.settle();

  expect(world.sync().status?.restore?.phase).toBe('Restored');
  expect(world.reverts()[0]?.status?.phase).toBe('Superseded');
});

it('a newer commit takes over a canary at once, and the older release ends as superseded', async () => {
  const world = await released();
  const older = await push(world, bad);
  const newer = await push(world, anApp({ image: 'app:3' }));

  expect(world.release(older)?.status?.phase).toBe('Superseded');
  expect(world.sync().status?.candidate?.commit).toBe(newer);
  world.promote('web');
  await world.settle();
  expect(world.sync().status?.lastGood?.commit).toBe(newer);
});

it('applies a release again over an own apply of an older one that came late, but not over an edit by hand', async () => {
  const world = await released();
  const old = world.cluster.get('Rollout', 'web')!;
  await push(world, anApp({ image: 'app:2' }));
  expect(image(world)).toBe('app:2');
  const { resourceVersion: _version, ...metadata } = old.metadata;
  world.cluster.put(withMetadata(old, metadata));
  await world.after(10_000);
  expect(image(world)).toBe('app:2');

  const live = world.cluster.get('Rollout', 'web')!;
  world.cluster.put(withValueAt(live, ['spec', 'template'], valueAt(old, ['spec', 'template'])!));
  await world.after(10_000);
  expect(image(world)).toBe('app:1');
});

it('a revert by hand in the middle of a canary ends it', async () => {
  const world = await released();
  const older = await push(world, bad);
  await push(world, good);

  expect(image(world)).toBe('app:1');
  expect(world.release(older)?.status?.phase).toBe('Superseded');
  world.promote('web');
  await world.settle();
  expect(world.sync().status?.phase).toBe('Good');
});

it('the service account must exist, and the sentence says which field names it', async () => {
  const world = await released();
  world.cluster.intercept = (verb) =>
    verb === 'token' ? { kind: 'not-found', message: 'serviceaccounts "deployer" not found' } : undefined;
  world.restart();
  await push(world, bad);

  expect(world.sync().status?.held?.reason).toContain(
    'spec.serviceAccountName is "deployer", which does not exist in namespace shop',
  );
  expect(image(world)).toBe('app:1');
});

describe('an object of another GitSync', () => {
  const theirs = (uid: string): Manifest =>
    ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared', namespace: 'shop', labels: { 'tidegate.io/git-sync': uid } },
      data: { a: '1' },
    }) as unknown as Manifest;

  it('is refused while that GitSync exists', async () => {
    const world = await released();
    const other = world.cluster.put(withValueAt(aGitSync(), ['metadata', 'name'], 'other'));
    world.cluster.put(theirs(other.metadata.uid ?? ''));
    await push(world, { ...good, 'shared.yaml': config('shared') });

    expect(world.sync().status?.held?.reason).toContain('OwnedByOther');
    expect(world.sync().status?.held?.reason).toContain('GitSync shop/other');
  });

  it('is adopted when that GitSync is gone', async () => {
    const world = await released();
    world.cluster.put(theirs('of a deleted one'));
    await push(world, { ...good, 'shared.yaml': config('shared', { a: '2' }) });

    expect(valueAt(world.cluster.get('ConfigMap', 'shared'), ['data', 'a'])).toBe('2');
  });
});

it('a Rollout that left Git in the middle of a canary is settled before it is deleted', async () => {
  const world = await released({}, { ...good, ...anApp({ name: 'api', image: 'api:1' }) });
  world.cluster.setStatus('Rollout', 'api', { currentPodHash: 'new' });
  await push(world, anApp({ image: 'app:1', replicas: 3 }));
  world.promote('web');
  await world.settle();
  expect(world.cluster.get('Rollout', 'api')?.metadata.annotations?.['tidegate.io/command']).toBe('abort');
  expect(world.cluster.get('Rollout', 'api')?.metadata.annotations?.['tidegate.io/command-keep-git']).toBe('true');

  world.cluster.setStatus('Rollout', 'api', {
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
  await world.after(5_000);

  expect(world.cluster.get('Rollout', 'api')).toBeUndefined();
});

it('a new Rollout may not take the Service of one that is leaving', async () => {
  const world = await released();
  const { 'web/rollout.yaml': rollout, ...rest } = bad;
  await push(world, { ...rest, 'web/rollout.yaml': withValueAt(rollout ?? {}, ['metadata', 'name'], 'renamed') });

  expect(world.sync().status?.held?.reason).toContain('of Rollout shop/web, which is leaving Git');
});

it('an object that was made anew under the same name is not pruned', async () => {
  const world = await released({}, { ...good, 'old.yaml': config('old') });
  world.cluster.remove('ConfigMap', 'old');
  world.cluster.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'old' },
    data: { by: 'hand' },
  } as unknown as Manifest);
  await push(world, bad);
  world.promote('web');
  await world.settle();

  expect(world.cluster.get('ConfigMap', 'old')).toBeDefined();
  expect(world.sync().status?.inventory?.map((one) => one.name)).not.toContain('old');
});

it('nothing is pruned with prune: false', async () => {
  const world = await released({ prune: false }, { ...good, 'old.yaml': config('old') });
  await push(world, bad);
  world.promote('web');
  await world.settle();

  expect(world.cluster.get('ConfigMap', 'old')).toBeDefined();
});

it('Rollouts wait until the rest of the commit is healthy', async () => {
  const world = await released();
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'db' }, spec: { replicas: 1 } };
  await push(world, { ...bad, 'db.yaml': deployment });
  expect(image(world)).toBe('app:1');
  expect(world.sync().status?.message).toContain('Deployment shop/db is not yet seen by its controller');

  world.cluster.setStatus('Deployment', 'db', {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    availableReplicas: 1,
  });
  await world.after(5_000);

  expect(image(world)).toBe('app:2');
});

describe('retry of a failed Rollout', () => {
  it('releases the commit again with its whole set', async () => {
    const world = await released({ revert: { mode: 'report' } });
    const commit = await push(world, { ...bad, 'extra.yaml': config('only-bad') });
    world.fail('web');
    world.confirmStable('web');
    await world.settle();
    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeUndefined();

    const at = new Date(world.clock.now() + 1_000).toISOString();
    world.cluster.setStatus('Rollout', 'web', {
      phase: 'Progressing',
      verdict: null,
      abort: null,
      lastCommand: { id: '1', verb: 'retry', outcome: 'Applied', message: 'm', at },
    });
    await world.settle();

    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeDefined();
    expect(world.sync().status?.candidate?.commit).toBe(commit);
    world.promote('web');
    await world.settle();
    expect(world.sync().status?.lastGood?.commit).toBe(commit);
    expect(world.sync().status?.quarantine ?? []).toEqual([]);
  });
});

describe('a ledger with a gap', () => {
  async function failingWithGap(): Promise<GitWorld> {
    const world = await released();
    await push(world, { ...bad, 'extra.yaml': config('only-bad') });
    world.restart();
    const name = world.sync().status?.lastGood?.release ?? '';
    world.cluster.put(withValueAt(world.cluster.get('Release', name)!, ['spec', 'data'], ''));
    world.fail('web');
    world.confirmStable('web');
    return world;
  }

  it('is filled by rendering the commit again, when that gives the same digest', async () => {
    const world = await failingWithGap();
    await world.after(5_000);

    expect(world.sync().status?.restore?.phase).toBe('Restored');
    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeUndefined();
  });

  it('is told, and waits for Git, while Git is away; the revert proceeds afterwards', async () => {
    const world = await failingWithGap();
    world.source.fault = { kind: 'unreachable', message: 'away' };
    await world.after(5_000);
    expect(condition(world, 'LedgerIncomplete')?.status).toBe('True');
    expect(world.cluster.get('ConfigMap', 'only-bad')).toBeDefined();

    world.source.fault = undefined;
    await world.after(60_000);

    expect(world.sync().status?.restore?.phase).toBe('Restored');
    expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
  });
});

it('restore leaves Jobs, volumes and objects of another syncer alone and says so', async () => {
  const claim = (size: string): JsonObject => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { resources: { requests: { storage: size } } },
  });
  const world = await released({}, { ...good, 'claim.yaml': claim('1Gi'), 'cfg.yaml': config('theirs', { a: '1' }) });
  await push(world, { ...bad, 'claim.yaml': claim('2Gi'), 'cfg.yaml': config('theirs', { a: '2' }) });
  world.cluster.put(
    withValueAt(
      world.cluster.get('ConfigMap', 'theirs')!,
      ['metadata', 'labels', 'kustomize.toolkit.fluxcd.io/name'],
      'apps',
    ),
  );
  world.fail('web');
  world.confirmStable('web');
  await world.settle();

  expect(textAt(world.cluster.get('PersistentVolumeClaim', 'data'), ['spec', 'resources', 'requests', 'storage'])).toBe(
    '2Gi',
  );
  expect(valueAt(world.cluster.get('ConfigMap', 'theirs'), ['data', 'a'])).toBe('2');
  expect(world.sync().status?.restore?.remaining?.join(' ')).toContain(
    'PersistentVolumeClaim shop/data is left as it is',
  );
  expect(world.sync().status?.restore?.remaining?.join(' ')).toContain('Flux owns it');
});

it('restore without the right names it, tries on, and the revert proceeds', async () => {
  const world = await released({ timeout: '1m' });
  await push(world, {
    ...bad,
    'web/stable.yaml': { ...bad['web/stable.yaml'], metadata: { name: 'web-stable', labels: { by: 'bad' } } },
  });
  world.cluster.intercept = (verb, key, { as }) =>
    verb === 'apply' && key.kind === 'Service' && as !== undefined
      ? { kind: 'forbidden', message: 'no', right: 'patch services in namespace shop' }
      : undefined;
  world.fail('web');
  world.confirmStable('web');
  await world.settle();

  expect(world.sync().status?.message).toContain('lacks the right patch services in namespace shop');
  expect(world.cluster.get('ConfigMap', 'only-bad')).toBeUndefined();
  expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
  world.cluster.intercept = undefined;
  await world.after(20_000);
  expect(world.sync().status?.restore?.phase).toBe('Restored');
});

it('keeps the sets of the last good releases only, and copies that something reads', async () => {
  const world = await released();
  for (const version of [2, 3, 4, 5]) {
    await push(world, anApp({ image: `app:${version}`, greeting: `v${version}` }));
    world.promote('web');
    await world.settle();
  }

  expect(world.cluster.all('Release')).toHaveLength(5);
  expect(world.cluster.all('Release').filter((one) => textAt(one, ['spec', 'data']))).toHaveLength(3);
  expect(world.cluster.all('ConfigMap').filter((one) => one['immutable'] === true)).toHaveLength(3);
});
