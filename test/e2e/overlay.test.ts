/**
 * GitSync re-applied at every version of a canary's objects: no weight, no rule of a router, no replica count of an autoscaler
 * and no selector ever changes by it, while what is Git's keeps coming back.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { field, followApp, untilHealthy, untilWeight } from './app-in-world.ts';
import type { ControllerProcess } from './controller-process.ts';
import { app, manifestWeights, overlayFiles } from './overlay-app.ts';
import { hashSelector, replicasOf, rulePaths, weightsByPath } from './overlay-look.ts';
import {
  autoscale,
  command,
  commitBackToBack,
  merge,
  type Pressure,
  requestAtEveryVersion,
} from './overlay-pressure.ts';
import { replay } from './overlay-replay.ts';
import { recordVersions, type Version, type Versions } from './overlay-versions.ts';
import { controller, effective, tenant, type Write, writesBy } from './overlay-writes.ts';
import { type Kind, type Live, repository, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);
const weightStep = (weight: number) => `        - setWeight: ${weight}`;
const stop = '        - pause: {}';
const threeWeights = [10, 30, 60].flatMap((weight) => [weightStep(weight), stop]).join('\n');
const oneWeight = [weightStep(20), stop].join('\n');

describe.skipIf(missing !== undefined)(`overlay${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let world: World;
  let versions: Versions;
  let pressure: Pressure;
  let running: ControllerProcess;
  let writes: readonly Write[] = [];
  /** Versions at which a sync request was seen to be handled. */
  const handledAt: Version[] = [];

  beforeAll(async () => {
    world = await startWorld({ audit: 'RequestResponse' });
    const first = overlayFiles(world, { version: 'v1', steps: threeWeights, label: 'first' });
    await world.bed.git.createRepository(repository, first, { message: 'First release' });
    versions = await recordVersions(world, ['Rollout', 'HTTPRoute', 'Service', 'ReplicaSet', 'GitSync']);
    running = await world.startController();
    await followApp(world, app);
    await untilHealthy(world, app, 'v1');
    await world.until('v1 is good', 'GitSync', app, (sync) => field(sync, 'status.lastGood.commit') !== undefined);
    pressure = requestAtEveryVersion(world, versions);
  }, 240_000);
  afterAll(async () => {
    versions?.stop();
    await world?.stop();
  });

  /** A person takes a label of the manifests off. */
  async function dropLabel(kind: Kind, name: string): Promise<void> {
    await merge(world, kind, name, { metadata: { labels: { team: null } } });
  }

  async function untilLabelled(kind: Kind, name: string): Promise<void> {
    await world.until(`${kind} ${name} has its label`, kind, name, (one) => one.metadata.labels?.team === 'shop');
  }

  async function editWeight(path: string, canary: number): Promise<void> {
    const route = await world.read('HTTPRoute', app);
    const rules = structuredClone(field(route, 'spec.rules')) as {
      matches: { path: { value: string } }[];
      backendRefs: { name: string; weight: number }[];
    }[];
    for (const ref of rules.find((rule) => rule.matches[0]?.path.value === path)?.backendRefs ?? [])
      ref.weight = ref.name === `${app}-canary` ? canary : 100 - canary;
    await merge(world, 'HTTPRoute', app, { spec: { rules } });
  }

  it('gives a new route all weight on stable, whatever its manifest says', async () => {
    const [first] = versions.of('HTTPRoute', app);

    expect(weightsByPath(first?.object)).toEqual(new Map([['/', '100/0']]));
  });

  it('promotes a canary while commits, autoscaler and people change its objects', async () => {
    const said = { version: 'v2', steps: threeWeights };
    let commits = commitBackToBack(world, said, 'ten');
    await untilWeight(world, app, 'v2', 10);
    await autoscale(world, 8);
    for (const kind of ['Rollout', 'HTTPRoute'] as const) await dropLabel(kind, app);
    for (const kind of ['Rollout', 'HTTPRoute'] as const) await untilLabelled(kind, app);
    await commits.stop(4);
    handledAt.push(...(await pressure.settled()));

    commits = commitBackToBack(world, { ...said, reordered: true }, 'thirty');
    await command(world, 'promote', 'after-10');
    await untilWeight(world, app, 'v2', 30);
    await autoscale(world, 4);
    await editWeight('/', 77);
    await world.until(
      'the edited weight is put back',
      'HTTPRoute',
      app,
      (route) => weightsByPath(route).get('/') === '70/30',
    );
    await dropLabel('Service', `${app}-canary`);
    await untilLabelled('Service', `${app}-canary`);
    await commits.stop(4);
    handledAt.push(...(await pressure.settled()));

    commits = commitBackToBack(world, { ...said, reordered: true, secondRule: true }, 'sixty');
    await world.until('the new rule is there', 'HTTPRoute', app, (route) => weightsByPath(route).has('/v2'));
    await command(world, 'promote', 'after-30');
    await untilWeight(world, app, 'v2', 60);
    await commits.stop(4);
    handledAt.push(...(await pressure.settled()));

    commits = commitBackToBack(world, { ...said, reordered: true, secondRule: true }, 'all');
    await command(world, 'promote', 'after-60');
    await untilHealthy(world, app, 'v2');
    const last = await commits.stop(4);
    await world.until(
      'the last commit is good',
      'GitSync',
      app,
      (sync) => field(sync, 'status.candidate') === undefined,
    );
    handledAt.push(...(await pressure.settled()));
    const route = await world.read('HTTPRoute', app);
    expect(route?.metadata.labels?.edition).toBe(last.label);
    expectStable(route);
  }, 150_000);

  it('restores what an abort leaves behind, with the replicas that the autoscaler set meanwhile', async () => {
    const bad = { version: 'v3', steps: oneWeight, reordered: true, label: 'bad' };
    await autoscale(world, 6);
    await world.bed.git.commit(repository, 'main', overlayFiles(world, bad), { message: 'Release v3' });
    await untilWeight(world, app, 'v3', 20);
    handledAt.push(...(await pressure.settled()));

    await command(world, 'abort', 'stop-v3');
    await autoscale(world, 7);
    await dropLabel('HTTPRoute', app);

    await untilHealthy(world, app, 'v2');
    await untilLabelled('HTTPRoute', app);
    await world.until('Git and the cluster agree', 'GitSync', app, (sync) =>
      ((field(sync, 'status.conditions') ?? []) as readonly { type: string; status: string }[]).some(
        (one) => one.type === 'GitInSync' && one.status === 'True',
      ),
    );
    handledAt.push(...(await pressure.settled()));
    expectStable(await world.read('HTTPRoute', app));
    expect(replicasOf(await world.read('Rollout', app))).toBe(7);
  }, 150_000);

  /** Order and rules are those of Git, the weights are not. */
  function expectStable(route: Live | undefined): void {
    expect(rulePaths(route)).toEqual(['/static', '/v2', '/']);
    expect([...weightsByPath(route)]).toEqual([
      ['/v2', '100/0'],
      ['/', '100/0'],
    ]);
  }

  describe('every write of the GitSync so far', () => {
    const of = (kind: Kind) => writes.filter((one) => one.kind === kind);

    beforeAll(async () => {
      await pressure.stop();
      await running.stop();
      await eventually(
        'the versions of the last writes are on record',
        steady(1_000, () => versions.count()),
      );
      writes = writesBy(world, tenant, versions);
    });

    it('is on record, and there were many', () => {
      const changed = effective(writes);
      const handled = new Set(versions.of('GitSync', app).map((one) => field(one.object, 'status.handledSyncRequest')));
      const counts = (['Rollout', 'HTTPRoute', 'Service'] as const).map((kind) => ({
        tries: of(kind).filter((one) => one.dryRun).length,
        writes: changed.filter((one) => one.kind === kind).length,
      }));

      expect(versions.gaps()).toEqual([]);
      expect(writes.filter((one) => one.madeFor !== undefined && one.before === undefined)).toEqual([]);
      expect(pressure.requests()).toBeGreaterThan(100);
      expect(handled.size).toBeGreaterThan(10);
      for (const { tries, writes: done } of counts) {
        expect(tries).toBeGreaterThan(15);
        expect(done).toBeGreaterThan(10);
      }
    });

    it('was tried anew at every version that was there when a request was handled', () => {
      const applied = handledAt.filter((one) => one.kind !== 'ReplicaSet');
      const tried = new Set(
        writes.flatMap(({ kind, name, madeFor, result }) =>
          [madeFor, result.metadata.resourceVersion].map((version) => `${kind}/${name}@${version}`),
        ),
      );

      expect(applied.length).toBeGreaterThan(20);
      for (const { kind, name, resourceVersion } of applied)
        expect(tried).toContain(`${kind}/${name}@${resourceVersion}`);
    });

    it('left the weights of the route as they were, and gave a new rule those that the others had', () => {
      for (const { before, result } of of('HTTPRoute')) {
        const now = weightsByPath(result);
        if (before === undefined) expect(new Set(now.values())).toEqual(new Set(['100/0']));
        const then = weightsByPath(before);
        for (const [path, weights] of now) {
          if (before !== undefined)
            expect({ path, weights }).toEqual({ path, weights: then.get(path) ?? then.get('/') });
        }
      }
    });

    it('left the replicas of the autoscaled Rollout as they were', () => {
      for (const { before, result } of of('Rollout')) expect(replicasOf(result)).toBe(before ? replicasOf(before) : 5);
      const counts = versions.of('Rollout', app).map((one) => replicasOf(one.object));
      expect(counts.filter((count, index) => count !== counts[index - 1])).toEqual([5, 8, 4, 6, 7]);
    });

    it('left the selectors of the Services as they were, and no ReplicaSet was touched', () => {
      for (const { before, result } of of('Service')) expect(hashSelector(result)).toBe(hashSelector(before));
      expect(of('ReplicaSet')).toEqual([]);
    });

    it('would have changed nothing of that at any version on record, whatever Git said and also in a restore', () => {
      const editions = [{}, { reordered: true }, { reordered: true, secondRule: true }].map((one) =>
        overlayFiles(world, { version: 'v2', steps: threeWeights, label: 'replayed', ...one }),
      );
      for (const files of editions)
        for (const restoring of [false, true]) {
          const of = (kind: Kind) => replay(files, versions, kind, restoring);
          for (const { at, before, result } of of('HTTPRoute')) {
            // A rule that a person edited by itself has its own weights until the controller put them back.
            const known = new Set(weightsByPath(before).values());
            expect({ at, changed: [...weightsByPath(result).values()].filter((one) => !known.has(one)) }).toEqual({
              at,
              changed: [],
            });
          }
          for (const { at, before, result } of of('Rollout'))
            expect({ at, replicas: replicasOf(result) }).toEqual({ at, replicas: replicasOf(before) });
          for (const { at, before, result } of of('Service'))
            expect({ at, hash: hashSelector(result) }).toEqual({ at, hash: hashSelector(before) });
        }
    });

    it('carries the version that it was made for, so that none lands on a newer one', () => {
      const changed = effective(writes).filter((one) => one.madeFor !== undefined);
      for (const { kind, name, madeFor, result } of changed) {
        const known = versions.of(kind, name).map((one) => one.resourceVersion);
        const at = known.indexOf(result.metadata.resourceVersion);
        expect(at, `${kind} ${name} ${result.metadata.resourceVersion} is on record`).toBeGreaterThan(0);
        expect(known[at - 1]).toBe(madeFor);
      }
    });

    it('was not what put an edited weight back: the controller did, with its own rights', () => {
      const edited = versions.of('HTTPRoute', app).find((one) => weightsByPath(one.object).get('/') === '23/77');
      const back = effective(writesBy(world, controller, versions)).filter(
        (one) => one.kind === 'HTTPRoute' && weightsByPath(one.result).get('/') === '70/30',
      );

      expect(edited).toBeDefined();
      expect(back.length).toBeGreaterThan(1);
    });

    it('never brought the weights of the manifest to the cluster', () => {
      const { stable, canary } = manifestWeights;
      const seen = new Set(versions.of('HTTPRoute', app).map((one) => weightsByPath(one.object).get('/')));

      expect(seen).not.toContain(`${stable}/${canary}`);
      for (const step of ['100/0', '90/10', '70/30', '40/60', '0/100', '80/20']) expect(seen).toContain(step);
    });
  });
});

/** A check that is true once what it reads has stayed the same for so long. */
function steady(ms: number, read: () => number): () => boolean {
  let last: number | undefined;
  let since = performance.now();
  return () => {
    if (read() !== last) since = performance.now();
    last = read();
    return performance.now() - since >= ms;
  };
}
