/**
 * The way back: what Tidegate leaves in the middle of its work is a state that Argo Rollouts' controller goes on from, checked
 * by the rules of that controller, and by going on from it without the records that Argo does not read.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../crds/schema/json.ts';
import { fieldOf } from '../../kube/json.ts';
import { clusterMissing } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { collection, type Live, listOf, patchStatus, type Place, post, send } from './takeover/api.ts';
import { argoModule } from './takeover/argo-crds.ts';
import { foundIn, violations } from './takeover/argo-rules.ts';
import { serviceObject } from './takeover/left-by-argo.ts';
import { states } from './takeover/states.ts';
import { podTemplate, type Version } from './takeover/templates.ts';
import { startWorld, type TakeoverWorld } from './takeover/world.ts';

const missing = clusterMissing();
const argoFolder = missing === undefined ? await argoModule() : undefined;
const whyNot = missing ?? (argoFolder === undefined ? "Argo Rollouts' Go module can not be had" : undefined);

const at = (object: JsonObject | undefined, path: string) => fieldOf(object, ...path.split('.'));

async function rolloutOf(place: Place): Promise<Live> {
  const [rollout] = await listOf(place, collection.rollouts);
  if (rollout === undefined) throw new Error(`${place.namespace} has no Rollout`);
  return rollout;
}

async function until(place: Place, what: string, check: (rollout: Live) => boolean): Promise<void> {
  await eventually(
    `${place.namespace}: ${what}`,
    async (saw) => {
      const one = await rolloutOf(place);
      saw(one.status);
      return check(one) && at(one, 'status.observedGeneration') === String(one.metadata.generation);
    },
    { withinMs: 60_000, everyMs: 100 },
  );
}

const untilPhase = (place: Place, phase: string) => until(place, phase, (one) => at(one, 'status.phase') === phase);

/** A first release that is healthy, and a second one that is under way. */
async function release(place: Place, spec: JsonObject, beside: readonly JsonObject[]): Promise<void> {
  const { api } = place.world.cluster;
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: place.namespace } });
  for (const object of beside) await post(place, object, 'kubectl');
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'app' },
    spec: { replicas: 4, selector: { matchLabels: { app: 'app' } }, template: podTemplate('v1'), ...spec },
  };
  await post(place, rollout, 'kubectl');
  await untilPhase(place, 'Healthy');
  await next(place, 'v2');
}

async function next(place: Place, version: Version): Promise<void> {
  await send(place, collection.rollouts, 'app', { spec: { template: podTemplate(version) } }, 'kubectl');
}

interface Part {
  readonly name: string;
  readonly state: keyof typeof states;
  /** Drives it to where Tidegate is stopped. */
  readonly drive: (place: Place) => Promise<void>;
  /** It moves on by itself, so it is driven there right before Tidegate is stopped. */
  readonly isPassing?: true;
}

const services = (...names: readonly string[]) => names.map(serviceObject);

const parts: readonly Part[] = [
  {
    name: 'paused',
    state: 'paused',
    drive: (place) => untilPhase(place, 'Paused'),
  },
  {
    name: 'mid-analysis',
    isPassing: true,
    state: 'midAnalysis',
    drive: (place) => until(place, 'at the analysis', (one) => at(one, 'status.currentStepIndex') === 2),
  },
  {
    name: 'mid-experiment',
    state: 'midExperiment',
    drive: (place) =>
      until(place, 'at the experiment', (one) => at(one, 'status.canary.currentExperiment') !== undefined),
  },
  {
    name: 'mid-blue-green',
    state: 'midBlueGreen',
    drive: (place) => until(place, 'BlueGreenPause', (one) => at(one, 'status.message') === 'BlueGreenPause'),
  },
  {
    name: 'routed',
    state: 'routed',
    drive: (place) => untilPhase(place, 'Paused'),
  },
  {
    name: 'aborted without a router',
    state: 'paused',
    drive: async (place) => {
      await untilPhase(place, 'Paused');
      await patchStatus(place, { abort: true });
      await untilPhase(place, 'Degraded');
    },
  },
  {
    name: 'aborted within its deadline',
    isPassing: true,
    state: 'routed',
    drive: async (place) => {
      await untilPhase(place, 'Paused');
      await patchStatus(place, { abort: true });
      await untilPhase(place, 'Degraded');
      await eventually('the deadline is set', async () => {
        const sets = await listOf(place, collection.replicaSets);
        return sets.some((one) => one.metadata.annotations?.['scale-down-deadline'] !== undefined);
      });
    },
  },
  {
    name: 'healthy with history',
    state: 'healthy',
    drive: async (place) => {
      await untilPhase(place, 'Paused');
      await patchStatus(place, { promoteFull: true });
      await untilPhase(place, 'Healthy');
      await next(place, 'v1');
      await untilPhase(place, 'Paused');
      await patchStatus(place, { promoteFull: true });
      await untilPhase(place, 'Healthy');
    },
  },
];

describe.skipIf(whyNot !== undefined)(`the way back${whyNot ? ` (skipped: ${whyNot})` : ''}`, () => {
  let world: TakeoverWorld;
  const placeOf = ({ name }: Part): Place => ({ world, namespace: name.replaceAll(' ', '-') });

  beforeAll(async () => {
    world = await startWorld(argoFolder ?? '');
    const tidegate = await world.startTidegate(undefined);
    const drive = async (part: Part): Promise<void> => {
      const place = placeOf(part);
      const state = states[part.state];
      const beside = [...services(...Object.keys(state.services ?? {})), ...(state.beside?.(world) ?? [])];
      await release(place, state.spec(world), beside);
      await part.drive(place);
    };
    await Promise.all(parts.filter((part) => part.isPassing !== true).map(drive));
    await Promise.all(parts.filter((part) => part.isPassing === true).map(drive));
    await tidegate.stop({ graceMs: 10_000 });
  }, 240_000);
  afterAll(async () => {
    await world?.stop();
  });

  it.each(parts)("$name: Argo's rules hold", async (part) => {
    expect(violations(await foundIn(placeOf(part)))).toEqual([]);
  });

  const broken: readonly (readonly [string, JsonObject])[] = [
    ['another plan', { currentStepHash: 'other' }],
    ['a pause that nobody could end', { controllerPause: false }],
    ['an end of the pause that nobody asked for', { pauseConditions: [] }],
    ['a revision without a ReplicaSet', { stableRS: 'gone' }],
    ['a step that does not exist', { currentStepIndex: 9 }],
    ['an abort that is not told', { abort: true }],
    ['a field of ours', { transition: {} }],
  ];

  it.each(broken)('the rules find %s', async (_title, status) => {
    const paused = await foundIn({ world, namespace: 'paused' });
    const { rollout } = paused;
    const changed = { ...rollout, status: { ...(rollout.status as JsonObject), ...status } };

    expect(violations({ ...paused, rollout: changed as unknown as Live })).not.toEqual([]);
  });

  it('by status alone all of them go on to the end', { timeout: 120_000 }, async () => {
    // Argo does not read the records: whoever goes on has nothing but Argo's own fields.
    await world.cluster.kubectl(['delete', 'rolloutruns', '--all', '--all-namespaces']);
    const sets = async (part: Part) =>
      (await listOf(placeOf(part), collection.replicaSets)).map((one) => one.metadata.uid);
    const before = await Promise.all(parts.map(sets));
    await world.startTidegate(undefined);
    await Promise.all(
      parts.map(async (part) => {
        const place = placeOf(part);
        if (part.name.startsWith('aborted')) await patchStatus(place, { abort: false });
        if (part.name !== 'healthy with history') await patchStatus(place, { promoteFull: true });
        await until(place, 'promoted', (one) => {
          const isStable = at(one, 'status.stableRS') === at(one, 'status.currentPodHash');
          return isStable && at(one, 'status.phase') === 'Healthy';
        });
      }),
    );
    const after = await Promise.all(parts.map(sets));
    for (const [index, uids] of after.entries()) expect(before[index]).toEqual(expect.arrayContaining([...uids]));
  });
});
