/**
 * The product's one promise on real servers: a good commit is promoted step by step, a bad one is taken back in the
 * cluster and reverted in Git, with nobody touching anything.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { commitApp, field, filesOf, followApp, untilHealthy, untilWeight } from './app-in-world.ts';
import { expectAllTraffic, expectShare } from './expect-share.ts';
import { type ConfigWatch, watchConfig } from './config-watch.ts';
import { type Load, sendMany, startLoad } from './load.ts';
import { answersOfPods, countsByHash } from './traffic.ts';
import { type Live, repository, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);

describe.skipIf(missing !== undefined)(`main job${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let world: World;
  let load: Load;
  let configs: ConfigWatch;
  const tip = () => world.bed.git.tip(repository);
  const log = () => world.bed.git.log(repository);
  const reverts = async () => (await log()).filter((commit) => /^Tidegate-Revert-Of:/m.test(commit.message));

  beforeAll(async () => {
    world = await startWorld();
    const files = {
      ...filesOf(world, 'shop', { version: 'v1' }),
      ...filesOf(world, 'other', { version: 'v1', steps: noSteps }),
    };
    await world.bed.git.createRepository(repository, files, { message: 'First release' });
    await world.startController();
    await followApp(world, 'shop');
    await followApp(world, 'other');
  }, 240_000);
  afterAll(async () => {
    await configs?.stop();
    await load?.stop();
    await world?.stop();
  });

  it('installs the first release without steps and calls it good', async () => {
    await untilHealthy(world, 'shop', 'v1');
    await untilHealthy(world, 'other', 'v1');

    await world.until(
      'the first release is good',
      'GitSync',
      'shop',
      (sync) => field(sync, 'status.lastGood.commit') !== undefined,
    );
    expect(await reverts()).toEqual([]);
    await routeAnswers();
    load = startLoad({ url: world.bed.gateway.url, host: 'shop.example', perSecond: 150 });
    configs = watchConfig(world, 'shop');
  });

  it('promotes a good commit step by step, with the share of real traffic that each step names', async () => {
    const stable = await untilHealthy(world, 'shop', 'v1');
    await commitApp(world, 'shop', { version: 'v2' }, 'Release v2');

    for (const weight of [20, 50]) {
      const canary = await untilWeight(world, 'shop', 'v2', weight);
      await expectShare(world, 'shop', canary, weight);
      const answers = await answersOfPods(world, 'shop');
      expect(new Set(answers.filter((one) => one.hash === canary).map((one) => one.greeting))).toEqual(
        new Set(['hello v2']),
      );
      expect(new Set(answers.filter((one) => one.hash === stable).map((one) => one.greeting))).toEqual(
        new Set(['hello v1']),
      );
    }
    const promoted = await untilHealthy(world, 'shop', 'v2', 120_000);

    await expectAllTraffic(world, 'shop', promoted);
    expect(await reverts()).toEqual([]);
  });

  it('takes a bad commit back in the cluster and reverts it in Git, this app only', async () => {
    const stable = await untilHealthy(world, 'shop', 'v2');
    const good = await world.until(
      'v2 is good',
      'GitSync',
      'shop',
      (sync) => field(sync, 'status.candidate') === undefined && field(sync, 'status.phase') === 'Good',
    );
    const goodCommit = String(field(good, 'status.lastGood.commit'));
    const files = {
      ...filesOf(world, 'shop', { version: 'v3', errorPct: 60 }),
      ...filesOf(world, 'other', { version: 'v2', steps: noSteps }),
    };
    const bad = await world.bed.git.commit(repository, 'main', files, { message: 'Release v3 of everything' });

    const canary = await untilWeight(world, 'shop', 'v3', 20);
    const services = await world.bed.git.readFile(repository, 'main', 'apps/shop/services.yaml');
    const unrelated = await world.bed.git.commit(
      repository,
      'main',
      { 'apps/shop/services.yaml': `# owned by team shop\n${services}` },
      { message: 'Say who owns it' },
    );
    await expectShare(world, 'shop', canary, 20);
    const answers = await answersOfPods(world, 'shop');
    expect(new Set(answers.filter((one) => one.hash === canary).map((one) => one.greeting))).toEqual(
      new Set(['hello v3']),
    );
    expect(new Set(answers.filter((one) => one.hash === stable).map((one) => one.greeting))).toEqual(
      new Set(['hello v2']),
    );

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
    await noMoreRequestsReach(canary);
    const revert = await eventually('the revert commit is on the branch', async () => (await reverts())[0], {
      withinMs: 60_000,
    });

    expect(await reverts()).toHaveLength(1);
    expect(revert.parents).toEqual([unrelated]);
    expect(await tip()).toBe(revert.sha);
    expect(
      (await world.bed.git.changedFiles(repository, revert.sha)).every((path) => path.startsWith('apps/shop/')),
    ).toBe(true);
    expect(revert.message).toContain(`Tidegate-Revert-Of: ${bad}`);
    for (const trailer of ['Tidegate-Rollout:', 'Tidegate-Good:', 'Tidegate-Verdict:'])
      expect(revert.message).toContain(trailer);
    expect(revert.message).toContain(goodCommit);
    expect(await world.bed.git.readFile(repository, 'main', 'apps/shop/rollout.yaml')).toBe(
      filesOf(world, 'shop', { version: 'v2' })['apps/shop/rollout.yaml'],
    );
    expect(await world.bed.git.readFile(repository, 'main', 'apps/shop/services.yaml')).toBe(
      `# owned by team shop\n${services}`,
    );
    await untilHealthy(world, 'shop', 'v2');
    await untilHealthy(world, 'other', 'v2');
    expect(await world.bed.git.readFile(repository, 'main', 'apps/other/rollout.yaml')).toContain('app:v2');
  });

  it('promotes a good release afterwards', async () => {
    await commitApp(world, 'shop', { version: 'v4', pauseSeconds: 2 }, 'Release v4');

    await untilHealthy(world, 'shop', 'v4', 120_000);
    expect(await reverts()).toHaveLength(1);
  });

  it('holds the bad content when it is pushed again', async () => {
    const stable = await untilHealthy(world, 'shop', 'v4');
    const again = await commitApp(world, 'shop', { version: 'v3', errorPct: 60 }, 'Release v3 once more');

    const sync = await world.until(
      'the sync holds the commit',
      'GitSync',
      'shop',
      (one) => field(one, 'status.held.commit') === again,
    );

    expect(String(field(sync, 'status.held.reason'))).toMatch(/shop/);
    const rollout = await world.read('Rollout', 'shop');
    expect(field(rollout, 'status.stableRS')).toBe(stable);
    expect(field(rollout, 'spec.template.spec.containers.0.image')).toMatch(/:v4$/);
    expect(await reverts()).toHaveLength(1);
  });

  it('gave each revision its own config from its first pod to its last, in canaries, abort and drain', async () => {
    await configs.stop();

    const greetings = [...configs.seen().values()].map((set) => [...set]);
    expect(configs.rounds()).toBeGreaterThan(50);
    expect(greetings.every((one) => one.length === 1)).toBe(true);
    expect(greetings.flat().toSorted()).toEqual(['hello v1', 'hello v2', 'hello v3', 'hello v4']);
  });

  it('answered every request of its users, except those that the bad canary itself failed', async () => {
    await load.stop();
    const byCode = load.byCode();
    const failedByPods = world.kubelet.pods().filter((pod) => pod.labels.app === 'shop');
    const failures = failedByPods.reduce((sum, pod) => sum + (pod.requests.byCode['500'] ?? 0), 0);

    expect(new Set(byCode.keys())).toEqual(new Set([200, 500]));
    expect(byCode.get(200)).toBeGreaterThan(5_000);
    expect(byCode.get(500)).toBeLessThanOrEqual(failures);
  });

  async function routeAnswers(): Promise<void> {
    const target = { url: world.bed.gateway.url, host: 'shop.example' };
    await eventually('the gateway serves the app', async () => {
      const codes = await sendMany(target, 20);
      return codes.get(200) === 20;
    });
  }

  /** From the end of the drain, when the canary is scaled down, until 1,000 more requests were sent. */
  async function noMoreRequestsReach(hash: string): Promise<void> {
    const scaledDown = (one: Live) => Number(field(one, 'spec.replicas')) === 0;
    await world.until('the drain is over', 'ReplicaSet', `shop-${hash}`, scaledDown, 30_000);
    const before = countsByHash(world, 'shop').get(hash) ?? 0;
    const sentBefore = load.sent();
    await eventually('1,000 more requests were sent', () => load.sent() > sentBefore + 1_000, { withinMs: 60_000 });
    expect((countsByHash(world, 'shop').get(hash) ?? 0) - before).toBe(0);
  }
});

const noSteps = '        - setWeight: 100';
