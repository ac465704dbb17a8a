/** Others who act on the Deployment while a Rollout has its pods: unpausing it, pruning it, and changing it at once with the command. */

import { expect } from 'vitest';
import { field } from '../app-in-world.ts';
import { type App, makeApp, ofVersion, uidsOf } from './app.ts';
import { appName, deploymentObject, imageOf } from './objects.ts';
import type { Stage } from './stage.ts';

const same = (app: App, pods: readonly string[]) =>
  app.until('only its own pods are left', async () => uidsOf(await app.pods()).join() === pods.join());
const isPaused = (app: App) =>
  app.until('the hull is paused', async () => field(await app.read('Deployment'), 'spec.paused') === true);

/** Somebody lets the hull run, Git prunes it and makes it anew: one set of pods, the same all along. */
export async function unpauseAndPrune(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'hull');
  await app.adopt();
  const pods = uidsOf(await app.pods());
  await app.patch({ spec: { paused: false } });
  await isPaused(app);
  await same(app, pods);

  const path = app.path('Deployment', appName);
  const propagationPolicy = 'Foreground';
  expect((await stage.cluster.api.request('DELETE', path, { propagationPolicy })).status).toBe(200);
  await app.until('the hull is gone', async () => (await app.read('Deployment')) === undefined);
  expect(uidsOf(await app.pods())).toEqual(pods);
  await app.apply(deploymentObject('hull'));
  const uid = (await app.read('Deployment'))?.metadata.uid;
  await isPaused(app);
  await app.until('the new one owns the ReplicaSet beside the Rollout', async () => {
    const owners = (await app.list('ReplicaSet')).map((set) => field(set, 'metadata.ownerReferences'));
    return owners.length === 1 && JSON.stringify(owners).includes(String(uid));
  });
  await same(app, pods);

  await app.scale(6);
  await app.until('the Rollout follows it', async () => (await app.pods()).length === 6);
  await app.rolloutIs('Healthy');
  const six = uidsOf(await app.pods());
  await app.eject();
  await app.whole(6);
  expect(uidsOf(await app.pods())).toEqual(six);
  await app.nothingFailed();
}

/** Everybody changes the Deployment in the moment of the hand-over. */
export async function everybodyAtOnce(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'writers');
  const first = uidsOf(await app.pods());
  const adopting = app.adopt();
  await app.until('the Rollout is there', async () => (await app.read('Rollout')) !== undefined);
  const undo = app.stage.cluster
    .kubectl(['-n', app.namespace, 'rollout', 'undo', `deployment/${appName}`])
    .catch((error: unknown) => String(error));
  await changeAll(app, { version: 'v2', replicas: 5, note: 'adopt' });
  await adopting;
  // A paused Deployment, and one without ReplicaSets, is refused by kubectl itself.
  expect(await undo).toMatch(/paused|no rollout history/);
  await app.rolloutIs('Paused', (one) => field(one, 'status.canary.weights.canary.weight') === 25);
  await app.until(
    'stable has as many pods as were asked for',
    async () => ofVersion(await app.pods(), 'v1').length === 5,
  );
  const stable = uidsOf(ofVersion(await app.pods(), 'v1'));
  expect(first.filter((uid) => !stable.includes(uid))).toEqual([]);
  await holds(app, { version: 'v2', replicas: 5, note: 'adopt' });
  await app.promote();
  await app.rolloutIs('Healthy');
  await app.until('only v2 is left', async () => (await app.pods()).length === 5);

  let changed: Promise<void> | undefined;
  const { code, text } = await app.plugin(['eject', 'rollout/web'], (said) => {
    if (said.includes('give ReplicaSet')) changed ??= changeAll(app, { version: 'v3', replicas: 6, note: 'eject' });
  });
  await changed;
  // Either it was early enough to be given back, or it is told and goes on as a release with steps.
  if (code !== 0) {
    expect(text).toMatch(/spec\.template is not that of ReplicaSet|changed by somebody else/);
    await app.rolloutIs('Paused', (one) => field(one, 'status.canary.weights.canary.weight') === 25);
    await app.promote();
    await app.rolloutIs('Healthy');
    await app.until('only v3 is left', async () => (await app.pods()).length === 6);
    await app.eject();
  }
  await app.whole(6);
  expect(ofVersion(await app.pods(), 'v3')).toHaveLength(6);
  await holds(app, { version: 'v3', replicas: 6, note: 'eject' });
  await app.nothingFailed();
}

interface Change {
  readonly version: string;
  readonly replicas: number;
  readonly note: string;
}

async function changeAll(app: App, { version, replicas, note }: Change): Promise<void> {
  await Promise.all([
    app.scale(replicas),
    app.setImage(version),
    app.patch({ metadata: { annotations: { 'example.com/note': note } } }),
  ]);
}

async function holds(app: App, { version, replicas, note }: Change): Promise<void> {
  expect(await app.read('Deployment')).toMatchObject({
    metadata: { annotations: { 'example.com/note': note } },
    spec: { replicas, template: { spec: { containers: [{ image: imageOf(version) }] } } },
  });
}
