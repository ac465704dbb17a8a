/** What happens to an adopted workload in the middle of a release: another revision, an autoscaler, a node that is drained. */

import { expect } from 'vitest';
import { field } from '../app-in-world.ts';
import { steadyFor } from '../steady.ts';
import type { Live } from '../world.ts';
import { type App, makeApp, ofVersion, uidsOf } from './app.ts';
import { imageOf } from './objects.ts';
import type { Stage } from './stage.ts';

const at40 = { steps: [{ setWeight: 40 }, { pause: {} }], replicas: 5 };

/** Desired pods by version. */
async function sizes(app: App): Promise<Readonly<Record<string, number>>> {
  const sets = await app.list('ReplicaSet');
  const all = sets.map((set) => [versionOf(set), Number(field(set, 'spec.replicas'))] as const);
  return Object.fromEntries(all.filter(([, size]) => size > 0));
}

const sizesAre = (app: App, wanted: Readonly<Record<string, number>>) =>
  app.until(`the sizes are ${JSON.stringify(wanted)}`, async () => {
    expect(await sizes(app)).toEqual(wanted);
    return true;
  });

const versionOf = (set: Live): string =>
  String(field(set, 'spec.template.spec.containers.0.image')).split(':')[1] ?? '';
const weightIs = (weight: number) => (one: Live) => field(one, 'status.canary.weights.canary.weight') === weight;

/** A third revision: the second one's traffic goes back to stable before the third gets any. */
export async function supersede(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'third', at40);
  const stable = uidsOf(await app.pods());
  await app.adopt();
  await app.setImage('v2');
  await app.rolloutIs('Paused', weightIs(40));
  await sizesAre(app, { v1: 5, v2: 2 });

  const seen: string[] = [];
  const canaryHash = async () => field(await app.read('Service', 'web-canary'), 'spec.selector.pod-template-hash');
  const second = await canaryHash();
  await app.setImage('v3');
  await app.until('v3 has its share', async () => {
    const [hash, route] = [await canaryHash(), await app.read('HTTPRoute')];
    const weight = field(route, 'spec.rules.0.backendRefs.1.weight');
    const now = `${hash === second ? 'v2' : 'v3'} ${String(weight)}`;
    if (seen.at(-1) !== now) seen.push(now);
    expect(ofVersion(await app.pods(), 'v1')).toHaveLength(5);
    return now === 'v3 40';
  });
  expect(seen.indexOf('v2 0')).toBeGreaterThanOrEqual(0);
  expect(seen.findIndex((one) => one.startsWith('v3'))).toBeGreaterThan(seen.indexOf('v2 0'));
  await app.rolloutIs('Paused', weightIs(40));
  await sizesAre(app, { v1: 5, v3: 2 });
  expect(uidsOf(ofVersion(await app.pods(), 'v1'))).toEqual(stable);

  await app.promote();
  await app.rolloutIs('Healthy');
  await sizesAre(app, { v3: 5 });
  const pods = uidsOf(ofVersion(await app.pods(), 'v3'));
  await app.eject();
  await app.whole(5);
  expect(uidsOf(await app.pods())).toEqual(pods);
  await app.nothingFailed();
}

/** An autoscaler works on the Deployment in the middle of a canary: 10, 20, 10 pods, and the canary keeps its share. */
export async function autoscale(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'scaled', { replicas: 10, steps: [{ setWeight: 30 }, { pause: {} }] });
  await app.adopt();
  await app.setImage('v2');
  await app.rolloutIs('Paused', weightIs(30));
  const reach = async (stable: number, canary: number) =>
    app.until(`${stable} and ${canary} pods are ready`, async () => {
      const pods = (await app.pods()).filter(isReady);
      expect(pods.length).toBeGreaterThanOrEqual(10);
      const [one, other] = [ofVersion(pods, 'v1').length, ofVersion(pods, 'v2').length];
      return Math.abs(one - stable) <= 1 && Math.abs(other - canary) <= 1;
    });
  await reach(10, 3);
  await app.scale(20);
  await reach(20, 6);
  await app.scale(10);
  await reach(10, 3);
  expect(weightIs(30)((await app.read('Rollout')) as Live)).toBe(true);
  // Nobody fights: sizes, and the Deployment that was scaled, stay as they are.
  const state = async () =>
    JSON.stringify([await sizes(app), field(await app.read('Deployment'), 'metadata.generation')]);
  await app.until('nothing moves any more', steadyFor(3_000, state));
  expect(field(await app.read('Deployment'), 'spec.replicas')).toBe(10);
  await app.nothingFailed();
}

/** A node is drained under a disruption budget: in the middle of a canary, and while the pods change hands. */
export async function drain(stage: Stage): Promise<void> {
  // A canary of one pod would have none for a moment.
  const steps = [{ setCanaryScale: { replicas: 2 } }, { setWeight: 25 }, { pause: {} }];
  const app = await makeApp(stage, 'drained', { steps });
  await app.apply({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'drained' },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
  });
  const guard = watchReady(app, 3);
  const isHeld = async () =>
    field(await app.read('Rollout'), 'metadata.annotations') !== undefined &&
    JSON.stringify(field(await app.read('Rollout'), 'metadata.annotations')).includes('"tidegate.io/adopting":"held"');
  const duringIt = async (command: Promise<string>) => {
    const [first] = await app.pods();
    await Promise.race([app.until('the Rollout is held', isHeld), command]);
    await Promise.all([command, evict(app, first)]);
    await app.until('the pod was replaced', async () => (await app.pods()).filter(isReady).length === 4);
  };
  await duringIt(app.adopt());

  await app.setImage('v2');
  await app.rolloutIs('Paused', weightIs(25));
  const pods = await app.pods();
  expect(pods).toHaveLength(6);
  for (const pod of pods) await evict(app, pod);
  await app.until('all were replaced', async () => {
    const now = await app.pods();
    return now.filter(isReady).length === 6 && now.every((one) => !uidsOf(pods).includes(one.metadata.uid));
  });
  expect(weightIs(25)((await app.read('Rollout')) as Live)).toBe(true);
  await app.promote();
  await app.rolloutIs('Healthy');
  await app.until('the old pods are gone', async () => (await app.pods()).length === 4);
  await duringIt(app.eject());
  await app.whole();
  expect(await guard.stop()).toBeGreaterThanOrEqual(3);
  expect(ofVersion(await app.pods(), 'v2')).toHaveLength(4);
  expect(field(await app.read('Deployment'), 'spec.template.spec.containers.0.image')).toBe(imageOf('v2'));
  await app.nothingFailed();
}

/** As `kubectl drain` does: asked again as long as the budget says no. */
async function evict(app: App, pod: Live | undefined): Promise<void> {
  const { name, namespace, uid } = { namespace: app.namespace, name: '', uid: '', ...pod?.metadata };
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  const path = `${app.path('Pod', name)}/eviction`;
  await app.until(`Pod ${name} may go`, async () => {
    const { status } = await app.stage.cluster.api.request('POST', path, body);
    return status === 201 || status === 404 || status === 409;
  });
}

function isReady(pod: Live): boolean {
  const conditions = (field(pod, 'status.conditions') ?? []) as { type: string; status: string }[];
  return conditions.some((one) => one.type === 'Ready' && one.status === 'True');
}

/** Counts ready pods over and over; `stop` gives the least that was seen. */
function watchReady(app: App, from: number): { stop(): Promise<number> } {
  let isOver = false;
  const watching = (async () => {
    let least = Number.POSITIVE_INFINITY;
    while (!isOver) {
      least = Math.min(least, (await app.pods()).filter(isReady).length);
      if (least < from) return least;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return least;
  })();
  return {
    stop: () => {
      isOver = true;
      return watching;
    },
  };
}
