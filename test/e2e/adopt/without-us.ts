/** The ways back that need neither the plugin nor the controller: the printed line, and the kind itself being deleted. */

import { expect } from 'vitest';
import { crdManifests } from '../../../crds/manifests.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { BedObject } from '../../bed/api.ts';
import { field } from '../app-in-world.ts';
import { type App, makeApp, ofVersion, uidsOf } from './app.ts';
import type { Stage } from './stage.ts';

/** Runs the line that adopt printed, as a shell would. */
async function runLine(app: App, text: string): Promise<void> {
  const line = text.split('\n').find((one) => one.includes('--cascade=background')) ?? '';
  for (const command of line.trim().split(' && ')) {
    const words = command.match(/'[^']*'|\S+/g) ?? [];
    await app.stage.cluster.kubectl(words.slice(1).map((word) => word.replace(/^'|'$/g, '')));
  }
}

const isBack = (app: App) =>
  app.until('the Deployment controls its ReplicaSets again', async () => {
    const owners = (await app.list('ReplicaSet')).map((set) => field(set, 'metadata.ownerReferences'));
    const controls = (one: unknown) => /"kind":"Deployment"[^}]*"controller":true/.test(JSON.stringify(one));
    return owners.every(controls);
  });

export async function lineAtRest(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'line');
  const text = await app.adopt();
  const before = { pods: uidsOf(await app.pods()), sets: uidsOf(await app.list('ReplicaSet')) };
  await runLine(app, text);
  await isBack(app);
  await app.whole();
  expect(uidsOf(await app.pods())).toEqual(before.pods);
  expect(uidsOf(await app.list('ReplicaSet'))).toEqual(before.sets);
  await app.nothingFailed();
}

/** The Deployment completes the release that was under way, by a rolling update of its own. */
export async function lineInMidRelease(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'line-mid');
  const text = await app.adopt();
  await app.setImage('v2');
  await app.rolloutIs('Paused', (one) => field(one, 'status.canary.weights.canary.weight') === 25);
  const sets = uidsOf(await app.list('ReplicaSet'));
  await runLine(app, text);
  await isBack(app);
  await app.whole();
  await app.until('the old pods are gone', async () => (await app.pods()).length === 4);
  expect(ofVersion(await app.pods(), 'v2')).toHaveLength(4);
  expect(uidsOf(await app.list('ReplicaSet'))).toEqual(sets);
  await app.nothingFailed();
}

/** Alone: afterwards no Rollout is left in the cluster. The kind itself is there again at the end. */
export async function kindDeleted(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'kind');
  await app.adopt();
  const before = { pods: uidsOf(await app.pods()), sets: uidsOf(await app.list('ReplicaSet')) };
  await stage.cluster.kubectl(['delete', 'crd', 'rollouts.tidegate.io', '--timeout=2m']);
  await isBack(app);
  await app.patch({ spec: { paused: false } });
  await app.whole();
  expect(uidsOf(await app.pods())).toEqual(before.pods);
  expect(uidsOf(await app.list('ReplicaSet'))).toEqual(before.sets);
  await app.nothingFailed();
  await stage.cluster.api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]));
}
