/**
 * Takeover from Argo Rollouts: states as its controller leaves them, under its own CRDs, go on under Tidegate with the same
 * ReplicaSets and pods; and its Lease keeps the two from working at once.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podTemplateHash } from '../../controller/rollout/pod-hash.ts';
import type { Json, JsonObject } from '../../crds/schema/json.ts';
import { fieldOf } from '../../kube/json.ts';
import { clusterMissing } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { collection, type Live, listOf, patchStatus, type Place, send } from './takeover/api.ts';
import { argoModule } from './takeover/argo-crds.ts';
import { foundIn, violations } from './takeover/argo-rules.ts';
import { holdLease, type HeldLease } from './takeover/argo-lease.ts';
import { leave, type LeftState } from './takeover/left-by-argo.ts';
import { states } from './takeover/states.ts';
import { goHashes, podTemplate } from './takeover/templates.ts';
import { startWorld, type TakeoverWorld } from './takeover/world.ts';

const missing = clusterMissing();
const argoFolder = missing === undefined ? await argoModule() : undefined;
const whyNot = missing ?? (argoFolder === undefined ? "Argo Rollouts' Go module can not be had" : undefined);

const at = (object: JsonObject | undefined, path: string): Json | undefined => fieldOf(object, ...path.split('.'));
const names = (objects: readonly Live[]) => objects.map((one) => `${one.metadata.name} ${one.metadata.uid}`).toSorted();

interface Look {
  readonly rollout: Live;
  /** Name and uid of each. */
  readonly pods: readonly string[];
  readonly sets: readonly string[];
}

interface Taken extends Place {
  /** As Argo left it, and three seconds after Tidegate began to lead. */
  readonly before: Look;
  readonly after: Look;
}

async function rolloutOf(place: Place): Promise<Live> {
  const [rollout] = await listOf(place, collection.rollouts);
  if (rollout === undefined) throw new Error(`${place.namespace} has no Rollout`);
  return rollout;
}

async function until(place: Place, what: string, check: (rollout: Live) => boolean, withinMs = 60_000): Promise<Live> {
  return eventually(
    `${place.namespace}: ${what}`,
    async (saw) => {
      const one = await rolloutOf(place);
      saw(one.status);
      return check(one) ? one : undefined;
    },
    { withinMs, everyMs: 100 },
  );
}

const untilHealthy = (place: Place) => until(place, 'Healthy', (one) => at(one, 'status.phase') === 'Healthy');

async function sizes(place: Place): Promise<Readonly<Record<string, number>>> {
  const all = await listOf(place, collection.replicaSets);
  const entries = all.map((one) => [one.metadata.name, Number(at(one, 'spec.replicas'))] as const);
  return Object.fromEntries(entries.filter(([, size]) => size > 0));
}

/** No pod and no ReplicaSet came or went, the template hashes to the revision that Argo named, and the plan is the known one. */
function expectUntouched({ before, after }: Taken): void {
  expect(after.pods).toEqual(before.pods);
  expect(after.sets).toEqual(before.sets);
  const count = at(after.rollout, 'status.collisionCount');
  const template = at(after.rollout, 'spec.template') as JsonObject;
  expect(at(after.rollout, 'status.currentPodHash')).toBe(
    podTemplateHash(template, typeof count === 'number' ? count : undefined),
  );
  for (const field of ['currentPodHash', 'stableRS', 'currentStepHash', 'currentStepIndex', 'phase', 'abortedAt'])
    expect(at(after.rollout, `status.${field}`)).toBe(at(before.rollout, `status.${field}`));
}

async function look(place: Place): Promise<Look> {
  return {
    rollout: await rolloutOf(place),
    pods: names(await listOf(place, collection.pods)),
    sets: names(await listOf(place, collection.replicaSets)),
  };
}

describe('pod templates of the states', () => {
  it.each([
    ['v1', undefined, goHashes.v1],
    ['v2', undefined, goHashes.v2],
    ['v3', undefined, goHashes.v3],
    ['v4', undefined, goHashes.v4],
    ['v3', 1, goHashes['v3 after a collision']],
    ['v4', 1, goHashes['v4 after a collision']],
  ] as const)('%s with collision count %s hashes as in Go', (version, count, hash) => {
    expect(podTemplateHash(podTemplate(version), count)).toBe(hash);
  });
});

describe.skipIf(whyNot !== undefined)(`takeover${whyNot ? ` (skipped: ${whyNot})` : ''}`, () => {
  let world: TakeoverWorld;
  const leases: HeldLease[] = [];
  const taken = new Map<string, Taken>();
  let ledBeside: readonly boolean[] = [];
  const violationsBefore = new Map<string, readonly string[]>();
  const ids = [undefined, 'taken'] as const;
  const key = (state: LeftState, id: string | undefined) => `${state.name}${id === undefined ? '' : '-by-id'}`;
  const of = (state: LeftState, id: string | undefined): Taken => {
    const one = taken.get(key(state, id));
    if (one === undefined) throw new Error(`${state.name} was not left behind`);
    return one;
  };

  beforeAll(async () => {
    world = await startWorld(argoFolder ?? '');
    const all = ids.flatMap((id) => Object.values(states).map((state) => ({ id, state })));
    const places = all.map(({ id, state }) => ({ world, namespace: key(state, id), id, state }));
    await Promise.all(places.map((place) => leave(world, place.namespace, place.state, place.id)));
    const before = await Promise.all(places.map(look));
    for (const place of places) violationsBefore.set(place.namespace, violations(await foundIn(place)));
    for (const id of ids) leases.push(await holdLease(world, id));
    const started = await Promise.all(ids.map((id) => world.startTidegate(id)));
    // Argo still works.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    ledBeside = await Promise.all(started.map((one) => one.leads()));
    // Scaled to 0 it does not give its Lease back (argo-rollouts.md 5.1).
    for (const lease of leases) lease.abandon();
    await eventually('both lead', async () => (await Promise.all(started.map((one) => one.leads()))).every(Boolean), {
      withinMs: 40_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const after = await Promise.all(places.map(look));
    for (const [index, place] of places.entries()) {
      const [was, is] = [before[index], after[index]];
      if (was !== undefined && is !== undefined) taken.set(place.namespace, { ...place, before: was, after: is });
    }
  }, 180_000);
  afterAll(async () => {
    for (const lease of leases) lease.abandon();
    await world?.stop();
  });

  it.each(Object.values(states))("$name: the fixture itself keeps Argo's rules", ({ name }) => {
    expect(violationsBefore.get(name)).toEqual([]);
  });

  it("stands by while Argo's controller holds its Lease, and holds that Lease while it works", async () => {
    expect(ledBeside).toEqual([false, false]);
    for (const lease of leases) expect(await lease.holder()).not.toBe(lease.argoIdentity);
  });

  describe.each([
    ['without an instance id', undefined],
    ['with an instance id [label:argo-rollouts.argoproj.io/controller-instance-id]', 'taken'],
  ] as const)('%s', (_title, id) => {
    it.concurrent('mid-canary: the AnalysisRun goes on, its verdict counts, no step comes twice', {
      timeout: 90_000,
    }, async () => {
      const one = of(states.midAnalysis, id);
      const runName = `app-${goHashes.v2}-2-2`;
      const rollout = await until(one, 'past the analysis', (live) => at(live, 'status.currentStepIndex') === 4);

      const runs = await listOf(one, collection.analysisRuns);
      expect(runs.map((run) => run.metadata.name)).toEqual([runName]);
      const result = fieldOf(runs[0], 'status', 'metricResults') as readonly {
        count: number;
        measurements: unknown[];
      }[];
      expect(result[0]?.count).toBe(12);
      expect(result[0]?.measurements).toHaveLength(10);
      expect(at(rollout, 'status.stableRS')).toBe(goHashes.v1);
      expect(names(await listOf(one, collection.replicaSets))).toEqual(one.before.sets);
      await until(one, 'Paused', (live) => at(live, 'status.phase') === 'Paused');
      expect(await sizes(one)).toEqual({ [`app-${goHashes.v1}`]: 2, [`app-${goHashes.v2}`]: 2 });

      await patchStatus(one, { pauseConditions: null });
      await untilHealthy(one);
      expect(await sizes(one)).toEqual({ [`app-${goHashes.v2}`]: 4 });
    });

    it.concurrent('mid-experiment: the Experiment goes on to its end and the step passes', {
      timeout: 90_000,
    }, async () => {
      const one = of(states.midExperiment, id);
      expectUntouched(one);

      const rollout = await until(one, 'past the experiment', (live) => at(live, 'status.currentStepIndex') === 2);
      const experiments = await listOf(one, collection.experiments);
      expect(experiments.map((live) => [live.metadata.name, at(live, 'status.phase')])).toEqual([
        [`app-${goHashes.v2}-2-1`, 'Successful'],
      ]);
      expect(at(rollout, 'status.phase')).toBe('Paused');

      await patchStatus(one, { pauseConditions: null });
      await untilHealthy(one);
    });

    it.concurrent('mid-blue-green: it stays before the switch until it is promoted', { timeout: 90_000 }, async () => {
      const one = of(states.midBlueGreen, id);
      expectUntouched(one);
      expect(at(await rolloutOf(one), 'status.message')).toBe('BlueGreenPause');

      await patchStatus(one, { pauseConditions: null });
      const rollout = await untilHealthy(one);
      expect(at(rollout, 'status.blueGreen.activeSelector')).toBe(goHashes.v2);
      expect(at(rollout, 'status.stableRS')).toBe(goHashes.v2);
      expect(names(await listOf(one, collection.pods))).toEqual(one.before.pods);
    });

    it.concurrent('aborted stays aborted, and a retry begins at the first step', { timeout: 90_000 }, async () => {
      const one = of(states.aborted, id);
      expectUntouched(one);
      const rollout = await rolloutOf(one);
      expect([at(rollout, 'status.phase'), at(rollout, 'status.abort')]).toEqual(['Degraded', true]);
      expect(at(rollout, 'status.abortedAt')).toBe(at(one.before.rollout, 'status.abortedAt'));

      await patchStatus(one, { abort: false });
      await until(one, 'Paused', (live) => at(live, 'status.phase') === 'Paused');
      expect(names(await listOf(one, collection.replicaSets))).toEqual(one.before.sets);
      expect(await sizes(one)).toEqual({ [`app-${goHashes.v1}`]: 3, [`app-${goHashes.v2}`]: 1 });
    });

    it.concurrent('paused stays paused until it is promoted', { timeout: 90_000 }, async () => {
      const one = of(states.paused, id);
      expectUntouched(one);
      const rollout = await rolloutOf(one);
      expect([at(rollout, 'status.message'), at(rollout, 'status.currentStepIndex')]).toEqual(['CanaryPauseStep', 1]);

      await patchStatus(one, { pauseConditions: null });
      await untilHealthy(one);
      expect(await sizes(one)).toEqual({ [`app-${goHashes.v2}`]: 4 });
    });

    it.concurrent('healthy with history: nothing is written to its ReplicaSets, and the next revision follows', {
      timeout: 90_000,
    }, async () => {
      const one = of(states.healthy, id);
      expectUntouched(one);
      expect(at(await rolloutOf(one), 'status.phase')).toBe('Healthy');

      await send(one, collection.rollouts, 'app', { spec: { template: podTemplate('v4') } }, 'kubectl');
      await until(one, 'Paused', (live) => at(live, 'status.message') === 'CanaryPauseStep');
      const made = (await listOf(one, collection.replicaSets)).filter(
        (set) => !one.before.sets.includes(names([set])[0] ?? ''),
      );
      expect(
        made.map((set) => [set.metadata.name, set.metadata.annotations?.['rollout.argoproj.io/revision']]),
      ).toEqual([[`app-${goHashes['v4 after a collision']}`, '5']]);
    });

    it.concurrent('traffic-routed: weight and pods stay, and go on to the end', { timeout: 90_000 }, async () => {
      const one = of(states.routed, id);
      expectUntouched(one);
      const weight = async () => {
        const all = await listOf(one, collection.ingresses);
        const found = all.find((live) => live.metadata.name === 'app-web-canary');
        return found?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'];
      };
      expect(await weight()).toBe('25');

      await patchStatus(one, { pauseConditions: null });
      const rollout = await untilHealthy(one);
      expect(at(rollout, 'status.stableRS')).toBe(goHashes.v2);
      expect(await weight()).toBe('0');
    });
  });
});
