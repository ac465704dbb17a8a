/** What stands still and what does not when a part is away: Git, Prometheus, the source process, the controller and its disk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { commitApp, field, filesOf, followApp, untilHealthy, untilWeight } from './app-in-world.ts';
import type { ControllerProcess } from './controller-process.ts';
import { type KillingSource, startKillingSource } from './killing-source.ts';
import { type Load, startLoad } from './load.ts';
import { steadyFor } from './steady.ts';
import { type Live, repository, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);
const why = missing ? ` (skipped: ${missing})` : '';

interface Running {
  world: World;
  controller: ControllerProcess;
  load: Load;
}

const twoPauses = `        - setWeight: 20
        - pause: {duration: 1s}
        - setWeight: 50
        - pause: {duration: 1s}`;
const backgroundCheck = `      analysis:
        templates:
          - templateName: shop-errors
        args:
          - name: hash
            valueFrom:
              podTemplateHashValue: Latest
`;

/** The sentence why names the address that does not answer. */
function untilWaitsForPrometheus(world: World): Promise<Live> {
  const address = world.bed.prometheus.url.replace('http://', '');
  return world.until(
    'the rollout says what it waits for',
    'Rollout',
    'shop',
    (one) => JSON.stringify(field(one, 'status.waiting') ?? '').includes(address),
    60_000,
  );
}

async function stateOf(world: World): Promise<string> {
  const one = await world.read('Rollout', 'shop');
  const paths = ['status.canary.weights', 'status.currentStepIndex', 'status.verdict', 'spec'];
  return JSON.stringify(paths.map((path) => field(one, path)));
}

async function startWithShop(flags: (world: World) => Promise<readonly string[]> = async () => []): Promise<Running> {
  const world = await startWorld();
  await world.bed.git.createRepository(repository, filesOf(world, 'shop', { version: 'v1', pauseSeconds: 3 }), {
    message: 'First release',
  });
  const controller = await world.startController({ flags: await flags(world) });
  await followApp(world, 'shop');
  const load = startLoad({ url: world.bed.gateway.url, host: 'shop.example', perSecond: 60 });
  await untilHealthy(world, 'shop', 'v1');
  await world.until('v1 is good', 'GitSync', 'shop', (sync) => field(sync, 'status.lastGood.commit') !== undefined);
  return { world, controller, load };
}

async function stopAll(running: Partial<Running> | undefined): Promise<void> {
  await running?.load?.stop();
  await running?.world?.stop();
}

const revertsOf = async (world: World) =>
  (await world.bed.git.log(repository)).filter((commit) => /^Tidegate-Revert-Of:/m.test(commit.message));

describe.skipIf(missing !== undefined)(`Git is unreachable during the abort${why}`, () => {
  let running: Running;
  beforeAll(async () => {
    running = await startWithShop();
  }, 240_000);
  afterAll(() => stopAll(running));

  it('the cluster is safe at once, and the revert lands after Git is back, although the controller lost its disk in between', async () => {
    const { world, controller } = running;
    await commitApp(world, 'shop', { version: 'v2', errorPct: 60, pauseSeconds: 3 }, 'Release v2');
    await untilWeight(world, 'shop', 'v2', 20);
    await world.bed.git.setFault('unreachable');

    await world.until(
      'the rollout is aborted',
      'Rollout',
      'shop',
      (one) => field(one, 'status.verdict.outcome') === 'Failed',
    );
    await world.until(
      'stable has all traffic',
      'Rollout',
      'shop',
      (one) => field(one, 'status.verdict.confirmedStableAt') !== undefined,
      20_000,
    );
    const [waiting] = await eventually('a GitRevert waits', async () => {
      const found = await world.list('GitRevert');
      return found.length > 0 && field(found[0], 'status.message') !== undefined ? found : undefined;
    });
    expect(field(waiting, 'status.phase')).not.toBe('Pushed');

    await controller.stop({ graceMs: 0, emptyDisk: true });
    await controller.start();
    await world.bed.git.setFault(undefined);
    const revert = await eventually('the revert lands', async () => (await revertsOf(world))[0], { withinMs: 90_000 });

    expect(revert.message).toContain('Tidegate-Rollout:');
    await untilHealthy(world, 'shop', 'v1');
    expect(await revertsOf(world)).toHaveLength(1);
  });
});

describe.skipIf(missing !== undefined)(`Prometheus is down${why}`, () => {
  let running: Running;
  beforeAll(async () => {
    running = await startWithShop();
  }, 240_000);
  afterAll(() => stopAll(running));

  it('neither promotes nor reverts, says why in one sentence, and goes on when it is back', async () => {
    const { world } = running;
    await world.bed.prometheus.stopServer();
    await commitApp(world, 'shop', { version: 'v2', pauseSeconds: 1 }, 'Release v2');

    const held = await untilWaitsForPrometheus(world);
    await eventually(
      'nothing has moved for 15 s',
      steadyFor(15_000, () => stateOf(world)),
      { withinMs: 60_000, everyMs: 300 },
    );

    expect(field(held, 'status.canary.weights.canary.weight')).toBe(20);
    expect(field(await world.read('Rollout', 'shop'), 'status.verdict')).toBeUndefined();
    const runs = await world.list('AnalysisRun');
    expect(runs.map((run) => field(run, 'status.phase'))).toEqual(runs.map(() => 'Running'));
    expect(await revertsOf(world)).toEqual([]);

    await world.bed.prometheus.startServer();
    await untilHealthy(world, 'shop', 'v2', 120_000);
    expect(await revertsOf(world)).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)(`Prometheus is down beside a background analysis${why}`, () => {
  let running: Running;
  beforeAll(async () => {
    running = await startWithShop();
  }, 240_000);
  afterAll(() => stopAll(running));

  it('the steps do not go on without its evidence, and do when it is back', async () => {
    const { world } = running;
    await world.bed.prometheus.stopServer();
    await commitApp(world, 'shop', { version: 'v2', steps: twoPauses, canaryLines: backgroundCheck }, 'Release v2');

    await untilWaitsForPrometheus(world);
    const stable = field(await world.read('Rollout', 'shop'), 'status.stableRS');
    await eventually(
      'nothing has moved for 15 s',
      steadyFor(15_000, () => stateOf(world)),
      { withinMs: 60_000, everyMs: 300 },
    );

    expect(field(await world.read('Rollout', 'shop'), 'status.stableRS')).toBe(stable);
    await world.bed.prometheus.startServer();
    await untilHealthy(world, 'shop', 'v2', 120_000);
    expect(await revertsOf(world)).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)(
  `the source process is killed in the middle of each call of its contract${why}`,
  () => {
    let running: Running;
    let source: KillingSource;
    const calls = ['sync', 'render', 'compare', 'merge', 'push'];
    beforeAll(async () => {
      running = await startWithShop(async (world) => {
        source = await startKillingSource(world.folder, calls);
        return ['--source-socket', source.socketPath];
      });
    }, 240_000);
    afterAll(async () => {
      await source?.stop();
      await stopAll(running);
    });

    it('has no effect but delay: one revert, and the cluster ends on the last good version', async () => {
      const { world } = running;
      await commitApp(world, 'shop', { version: 'v2', errorPct: 60, pauseSeconds: 2 }, 'Release v2');

      await world.until(
        'stable has all traffic',
        'Rollout',
        'shop',
        (one) => field(one, 'status.verdict.confirmedStableAt') !== undefined,
        90_000,
      );
      await eventually('the revert lands', async () => (await revertsOf(world))[0], { withinMs: 120_000 });
      await untilHealthy(world, 'shop', 'v1', 90_000);

      expect(source.killed().toSorted()).toEqual(calls.toSorted());
      expect(await revertsOf(world)).toHaveLength(1);
    });
  },
);
