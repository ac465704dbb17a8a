/** Crashes at every write: of the plugin while it adopts and ejects, and of the controller from adoption to ejection. */

import { expect } from 'vitest';
import { type RolloutRoom, startRolloutRoom } from '../../integration/rollout-room.ts';
import { field } from '../app-in-world.ts';
import { type App, makeApp, ofVersion, releaseNatively, uidsOf } from './app.ts';
import { runPlugin } from './command.ts';
import { type Cuttable, cuttable, type Loss } from './cut.ts';
import { appName, strategyOf } from './objects.ts';
import { snapshot } from './snapshot.ts';
import type { Stage } from './stage.ts';

/** Far more than either command writes. */
const mostWrites = 40;

/**
 * For every write of adopt and of eject: the command dies there, the same command is run again, and the end state is that of a
 * command that was not cut short.
 */
export async function pluginDies(stage: Stage, namespace: string, loss: Loss): Promise<void> {
  const options = { replicas: 2 };
  const app = await makeApp(stage, namespace, options);
  await releaseNatively(app, options);
  const way = await cuttable(stage, namespace);
  const before = await snapshot(app);
  const adopted = JSON.stringify(strategyOf());
  const adopting = ['adopt', `deployment/${appName}`, '--strategy', adopted, '--timeout', '2m', '-n', namespace];
  const ejecting = ['eject', `rollout/${appName}`, '-n', namespace];
  let points = 0;
  const dies = async (args: readonly string[], number: number, again: () => Promise<unknown>): Promise<boolean> => {
    way.cutAt(number, loss);
    const first = await runPlugin(way.kubeconfigPath, args);
    const wasCut = way.wasCut();
    way.mend();
    if (!wasCut) expect(first).toMatchObject({ code: 0 });
    else {
      points += 1;
      await again();
    }
    return wasCut;
  };
  for (let number = 1, isMore = true; isMore && number < mostWrites; number += 1) {
    const ofAdopt = await dies(adopting, number, () => app.adopt());
    await app.rolloutIs('Healthy');
    expect(uidsOf(await app.pods())).toEqual(uidsIn(before));
    const ofEject = await dies(ejecting, number, () => ejectAgain(app));
    await app.until(`after write ${number} all is as before`, async () => {
      expect(await snapshot(app)).toEqual(before);
      return true;
    });
    isMore = ofAdopt || ofEject;
  }
  await way.close();
  await app.nothingFailed();
  expect(points).toBeGreaterThanOrEqual(10);
}

/** It may have died when all was done: then there is no Rollout any more. */
async function ejectAgain(app: App): Promise<void> {
  const { code, text } = await app.plugin(['eject', `rollout/${appName}`]);
  if (code === 0) return;
  expect(text).toContain('not found');
  expect(await app.read('Rollout')).toBeUndefined();
}

function uidsIn(state: Readonly<Record<string, unknown>>): readonly string[] {
  const pods = Object.entries(state).filter(([name]) => name.startsWith('Pod '));
  return pods.map(([, pod]) => (pod as { metadata: { uid: string } }).metadata.uid).sort();
}

/** The life before last dies at this write; those before it die earlier. */
const lives = 16;

/**
 * The stage's own controller does not run any more. One that dies at its first write, the next at its second, and so on, from adoption over a
 * release to ejection; writes are lost and carried out in turn. Gives how many died.
 */
export async function controllerDies(stage: Stage): Promise<number> {
  const app = await makeApp(stage, 'killed');
  let died: () => void = () => undefined;
  const way = await cuttable(stage, 'killed', () => died());
  let isOver = false;
  let deaths = 0;
  const running = (async () => {
    for (let life = 1; !isOver; life += 1) {
      way.mend();
      if (life <= lives) way.cutAt(life, life % 2 === 0 ? 'swallow' : 'drop');
      const death = new Promise<void>((resolve) => {
        died = resolve;
      });
      const room = await startRoom(way, life);
      if (life <= lives) await Promise.race([death, ended(() => isOver)]);
      else await ended(() => isOver);
      if (way.wasCut()) deaths += 1;
      await room.stop();
    }
  })();

  const pods = uidsOf(await app.pods());
  await app.adopt();
  await app.rolloutIs('Healthy');
  expect(uidsOf(await app.pods())).toEqual(pods);
  await app.setImage('v2');
  await app.rolloutIs('Paused', (one) => field(one, 'status.canary.weights.canary.weight') === 25);
  expect(uidsOf(ofVersion(await app.pods(), 'v1'))).toEqual(pods);
  await app.promote();
  await app.rolloutIs('Healthy');
  await app.until('only v2 is left', async () => (await app.pods()).length === 4);
  const released = uidsOf(await app.pods());
  await app.eject();
  await app.whole();
  expect(uidsOf(await app.pods())).toEqual(released);
  expect(await app.list('ReplicaSet')).toHaveLength(2);
  isOver = true;
  await running;
  await way.close();
  await app.nothingFailed();
  return deaths;
}

const startRoom = (way: Cuttable, life: number): Promise<RolloutRoom> =>
  startRolloutRoom({ kubeconfigPath: way.kubeconfigPath, term: `life-${life}` });

async function ended(isOver: () => boolean): Promise<void> {
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 50));
}
