/**
 * What a bake is for, on real servers: a release that passes all its steps and turns bad after the promotion is rolled back
 * without steps, from a ReplicaSet that has no pods any more, and reverted in Git.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { field, filesOf, untilHealthy, type Version } from './app-in-world.ts';
import { gitSync } from './rights.ts';
import { type Live, namespace, repository, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);
const name = 'bake';
const bakeSeconds = 20;

describe.skipIf(missing !== undefined)(`bake${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let world: World;
  let backend: Backend;
  let weights: (() => Promise<readonly number[]>) | undefined;
  const reverts = async () =>
    (await world.bed.git.log(repository)).filter((commit) => /^Tidegate-Revert-Of:/m.test(commit.message));
  const filesWithCheck = (version: Version) => ({
    ...filesOf(world, name, { replicas: 2, steps: quick, canaryLines: background, ...version }),
    [`apps/${name}/web-check.yaml`]: webCheck(backend.url),
  });
  const commit = (version: Version, message: string) =>
    world.bed.git.commit(repository, 'main', filesWithCheck(version), { message });
  const untilGood = (sha: string, withinMs: number) =>
    world.until(
      `commit ${sha.slice(0, 7)} is good`,
      'GitSync',
      name,
      (one) => field(one, 'status.phase') === 'Good' && field(one, 'status.lastGood.commit') === sha,
      withinMs,
    );
  const bakeRuns = async () =>
    (await world.list('AnalysisRun')).filter((run) => run.metadata.labels?.['tidegate.io/rollout-type'] === 'Bake');

  beforeAll(async () => {
    backend = await startBackend();
    world = await startWorld();
    await world.bed.git.createRepository(repository, filesWithCheck({ version: 'v1' }), { message: 'First release' });
    await world.startController();
    await world.bed.cluster.api.apply(
      gitSync({
        name,
        namespace,
        repository: world.bed.git.url(repository),
        path: `apps/${name}`,
        bake: `${bakeSeconds}s`,
      }),
    );
    await untilGood(String(await world.bed.git.tip(repository)), 120_000);
  }, 240_000);
  afterAll(async () => {
    await weights?.();
    await world?.stop();
    await backend?.stop();
  });

  it('calls a release good when its checks passed for the whole bake, and ends the checks', async () => {
    const sha = await commit({ version: 'v2' }, 'Release v2');
    const hash = await untilHealthy(world, name, 'v2');
    const promotedAt = performance.now();
    await world.until('it says until when it bakes', 'GitSync', name, (one) =>
      /counts as good at/.test(String(field(one, 'status.message'))),
    );

    await untilGood(sha, 60_000);

    expect(performance.now() - promotedAt).toBeGreaterThan((bakeSeconds - 3) * 1000);
    const run = await world.until(
      'the check has ended',
      'AnalysisRun',
      String((await bakeRuns())[0]?.metadata.name),
      (one) => field(one, 'status.phase') === 'Successful',
    );
    expect(run.metadata.name).toMatch(new RegExp(`^${name}-${hash}-\\d+-bake$`));
    expect(field(run, 'spec.terminate')).toBe(true);
    expect(field(run, 'status.metricResults.0.successful')).toBeGreaterThan(5);
    expect(await reverts()).toEqual([]);
  });

  it('takes a release back that turns bad after its promotion: without steps, with one revert', async () => {
    await untilGood(String(await world.bed.git.tip(repository)), 60_000);
    const stable = await untilHealthy(world, name, 'v2');
    const bad = await commit({ version: 'v3' }, 'Release v3');
    const promoted = await untilHealthy(world, name, 'v3');
    await world.until('it bakes', 'GitSync', name, (one) => field(one, 'status.phase') === 'Baking');
    await world.until(
      'the old revision has no pods left',
      'ReplicaSet',
      `${name}-${stable}`,
      (one) => field(one, 'spec.replicas') === 0 && (field(one, 'status.replicas') ?? 0) === 0,
    );
    weights = watchWeights();
    backend.turnBad();

    const rollout = await world.until(
      'all traffic is back on the old revision',
      'Rollout',
      name,
      (one) =>
        field(one, 'status.verdict.podHash') === promoted &&
        field(one, 'status.verdict.confirmedStableAt') !== undefined,
    );
    expect(field(rollout, 'status.stableRS')).toBe(stable);
    expect(field(rollout, 'status.verdict.actor')).toMatch(/^release\/bake-/);
    const [revert] = await eventually(
      'the revert commit',
      async () => {
        const found = await reverts();
        return found.length > 0 ? found : undefined;
      },
      { withinMs: 60_000 },
    );
    expect(revert?.message).toContain(`Tidegate-Revert-Of: ${bad}`);
    expect(revert?.message).toMatch(/bake/);
    expect(await untilHealthy(world, name, 'v2')).toBe(stable);
    // No step of 20 % on the way back: a weight on the canary Service is all or nothing.
    expect((await weights()).filter((weight) => weight > 0 && weight < 100)).toEqual([]);
    await world.until(
      'Git and the cluster agree',
      'GitSync',
      name,
      (one) => field(one, 'status.phase') === 'Good' && field(one, 'status.restore') === undefined,
    );
    expect(await reverts()).toHaveLength(1);
    const [release] = (await world.list('Release')).filter((one) => field(one, 'spec.commit') === bad);
    expect(field(release, 'status.phase')).toBe('Bad');
    expect(field(release, 'status.failed.0.cause')).toBe('AnalysisFailed');
  });

  /** Canary weights that the Rollout reports from now until asked. */
  function watchWeights(): () => Promise<readonly number[]> {
    const seen: number[] = [];
    let running = true;
    const loop = (async () => {
      while (running) {
        const one: Live | undefined = await world.read('Rollout', name);
        seen.push(Number(field(one, 'status.canary.weights.canary.weight') ?? 0));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    return async () => {
      running = false;
      await loop;
      return seen;
    };
  }
});

const quick = '        - setWeight: 20\n        - pause: {duration: 1s}';
const background = `      analysis:
        templates:
          - templateName: ${name}-web
`;

function webCheck(url: string): string {
  return `apiVersion: tidegate.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: ${name}-web
spec:
  metrics:
    - name: error-share
      interval: 1s
      failureLimit: 1
      successCondition: result < 0.05
      provider:
        web:
          url: ${url}
          jsonPath: '{$.share}'
`;
}

interface Backend {
  readonly url: string;
  turnBad(): void;
  stop(): Promise<void>;
}

/** Answers with an error share that is fine until it is told to turn bad. */
async function startBackend(): Promise<Backend> {
  let value = 0.01;
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ share: value }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/share`,
    turnBad: () => {
      value = 0.6;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
